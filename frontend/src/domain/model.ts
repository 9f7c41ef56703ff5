/**
 * The nouns the page works with, exactly as the API says them. Times are UTC ISO texts.
 * The generated client must be assignable to these; the compiler tells when it no longer is.
 */
import type { RuleBody, SkipDate, TimeWindow, Warning, WeekHours } from './timetable'
import type { EndedHold, Hold } from './wanted'

export type * from './people'
export type * from './timetable'
export type * from './wanted'

export type Status =
  | 'running' | 'stopped' | 'starting' | 'stopping' | 'rebooting' | 'terminated' | 'missing' | 'unknown'
export type Action = 'start' | 'stop' | 'reboot'
export type OperationState =
  | 'requested' | 'sending' | 'accepted' | 'succeeded' | 'failed' | 'unknown' | 'skipped' | 'cancelled'
export type Origin = 'rule' | 'person' | 'token' | 'hold' | 'enforce'

export interface Named { id: number; name: string }

export interface Page<Item> { count: number; next?: string | null; previous?: string | null; results: Item[] }

/** `operation` is null when the change was not asked for here. */
export interface Transition { action: Action; operation: number | null; since: string | null }
/** Why a requested operation was not sent yet, in words; `until`: the next try. */
export interface Waiting { code: string; detail: string; until: string | null }
export interface Requested { operation: number; action: Action; due_at: string; waiting: Waiting | null }
/** The next occurrence that will really run. */
export interface NextAction { action: Action; at: string; local: string; timezone: string; schedule: Named; rule: number }
export interface LastOperation {
  id: number; action: Action; state: OperationState; reason: string | null; detail: string | null; finished_at: string | null
}

/** Something a person should know or do about a server; at most one of `operation` and `observation` is behind it. */
export interface Attention { code: string; detail: string; since: string | null; operation: number | null; observation: number | null }
/** What EC2 would never do to this server, and why. */
export interface Restriction { code: string; actions: Action[]; detail: string }

/** What changes while one looks; `servers/statuses` answers with exactly these. */
export interface LiveServer {
  id: number
  name: string
  status: Status
  observed_state: string
  seen_at: string | null
  state_reason: string | null
  transition: Transition | null
  requested: Requested | null
  last_operation: LastOperation | null
  next_action: NextAction | null
  attention: Attention[]
  stuck_since: string | null
  hold: Hold | null
}

export interface StatusEntry extends LiveServer { expected_seconds: number | null }
export interface StatusAnswer { now: string; statuses: StatusEntry[] }

export interface Server extends LiveServer {
  instance_id: string
  type: string
  tags: Record<string, string>
  account: Named
  region: Named
  protected: boolean
  state_since: string | null
  missing_since: string | null
  /** When it went from EC2 for good; it stays here for its history. */
  left_at: string | null
  restrictions: Restriction[]
  hibernation: boolean
  public_ip: string | null
  private_ip: string | null
  launched_at: string | null
  availability_zone: string | null
  schedules: number
  cpu: { value: number; at: string } | null
}

export interface Observation { before: string; after: string; reason: string | null; asked_at: string }
export interface ServerDetail extends Server { observations: Observation[] }

export type Cause = 'ours' | 'outside' | 'unknown'
/** How EC2 explains a change: an API call, the server's own operating system, AWS itself, or Spot. */
export type Actor = 'unknown' | 'api' | 'inside' | 'aws' | 'spot'
export type Reaction = 'respected' | 'put_back' | 'alerted' | 'held' | 'spared' | 'given_up'

/** A line of the ledger of changes that were seen. */
export interface Drift {
  id: number
  server: { id: number; name: string; instance_id: string }
  before: string
  after: string
  cause: Cause
  actor: Actor
  reason: string | null
  asked_at: string
  operation: number | null
  schedule: Named | null
  reaction: Reaction | null
  acknowledged_at: string | null
  acknowledged_by: string | null
}

export type TimelineKind = 'planned' | 'operation' | 'observation'
export interface TimelineEntry {
  at: string
  kind: TimelineKind
  action: Action | null
  state: string | null
  text: string
  schedule: { id: number | null; name: string } | null
  operation: number | null
  /** Of what is planned: its rule, what a clock change does to it, and the id of what skips it. */
  rule: number | null
  note: string | null
  skip: number | null
  observation: {
    before: string; after: string; cause: Cause; actor: Actor; reaction: Reaction | null; reason: string | null
    acknowledged_at: string | null
  } | null
}
/** Ascending; `more` when the span holds more than is told. */
export interface Timeline { from: string; to: string; entries: TimelineEntry[]; more: boolean }

export interface MetricPoint { at: string; value: number }
export interface MetricSeries { name: string; unit: string; points: MetricPoint[] }
export interface Metrics {
  state: 'ok' | 'waiting' | 'off' | 'not_running'
  note: string | null
  series: MetricSeries[]
}

export interface Operation {
  id: number
  server: { id: number; name: string; instance_id: string }
  action: Action
  origin: Origin
  author: { email: string; name: string } | null
  schedule: { id: number | null; name: string } | null
  state: OperationState
  reason: string | null
  detail: string | null
  due_at: string
  requested_at: string
  sending_at: string | null
  accepted_at: string | null
  finished_at: string | null
  grace_until: string | null
  attempt: number
  request_id: string | null
  waiting: Waiting | null
  options: { force: boolean; hibernate: boolean }
  call: number | null
  can_cancel: boolean
  can_retry: boolean
  retry_of: number | null
  /** The newest one that repeats it. */
  retried_by: number | null
  /** The reason that whoever asked gave. */
  note: string | null
}

export interface Step { at: string; what: string; text: string; call: number | null; request_id: string | null }
export interface OperationDetail extends Operation { steps: Step[] }
/** How a stop is done; at most one of them. */
export type StopWay = 'normal' | 'force' | 'hibernate'
/** What may be said with a wish: how, why, and whether it waits for a busy server instead of being refused. */
export interface Manner { way?: StopWay; reason?: string; queue?: boolean }

export interface Refusal { server: number; code: string; detail: string }
export interface Asked { operations: Operation[]; refused: Refusal[] }
export interface Ran extends Asked { ended_holds: EndedHold[] }

export interface Rule {
  id: number; action: Action; cron: string | null; at: string | null; sentence: string; next_run_at: string | null
}
/** What a schedule does when somebody else changes a server. */
export type Mode = 'respect' | 'alert' | 'enforce' | 'observe'

export interface Schedule {
  id: number
  name: string
  timezone: string
  enabled: boolean
  revision: number
  paused: { until: string | null; reason: string } | null
  grace_seconds: number | null
  mode: Mode
  hibernate: boolean
  /** Exactly one of `windows` and `rules` is filled. */
  windows: TimeWindow[]
  rules: Rule[]
  skip_dates: SkipDate[]
  valid_from: string | null
  valid_to: string | null
  /** Empty when the servers were picked; `servers` are those it has now, either way. */
  tag_query: string
  servers: number[]
  week_hours: WeekHours | null
  sentence: string
  next: { action: Action; at: string; local: string } | null
  last_run: {
    operation: number; action: Action; state: OperationState; reason: string | null; detail: string | null
    finished_at: string | null; due_at: string
  } | null
  created_at: string
  updated_at: string
  warnings: Warning[]
}

/** Exactly one of `windows` and `rules`, and of `servers` and `tag_query`. */
export interface ScheduleBody {
  name: string
  timezone: string
  mode: Mode
  hibernate: boolean
  grace_seconds: number | null
  windows?: TimeWindow[]
  rules?: RuleBody[]
  skip_dates: SkipDate[]
  valid_from: string | null
  valid_to: string | null
  servers?: number[]
  tag_query?: string
  /** How many servers somebody knows to be stopped within five minutes. */
  confirm_stops?: number
}

/** Nothing of a schedule runs until then, or until somebody resumes it. */
export interface Pause { reason?: string; until?: string }

export type AccountKind = 'role' | 'keys' | 'host'
export type AccountStatus = 'unchecked' | 'checking' | 'ok' | 'denied' | 'unreachable' | 'unusable'

export interface Region {
  id: number; name: string; enabled: boolean; looked_at: string | null; discovered_at: string | null
  look_error: string | null; servers: number
}

export type HealthState = 'ok' | 'denied' | 'unusable' | 'throttled' | 'unreachable' | 'unreadable' | 'unchecked'
export interface DeniedAction { action: string; code: string; message: string; region: string; since: string; last: string }
/** An action AWS refused as too many; `share` is how fast it is asked for, of the usual speed (0 to 1). */
export interface Slowed { region: string; action: Action; since: string; share: number }
/** Whether Cloudevy can look at this account and act in it; `detail` says what to do next. */
export interface Health {
  state: HealthState; since: string | null; detail: string | null; denied_actions: DeniedAction[]; regions_unreadable: string[]
  slowed: Slowed[]
}

/** A token bucket: how much fits in, and how much comes back in a second. Without `servers` only requests are counted. */
export interface Rate { requests: number; requests_refill: number; servers: number | null; servers_refill: number | null }
/** One's own figures; null where AWS's hold. */
export type OwnRate = { [part in keyof Rate]: number | null }
export interface Limit {
  region: Named
  action: Action
  aws: Rate
  custom: OwnRate | null
  learned: { requests_refill: number; servers_refill: number | null; since: string | null; refusals: number } | null
  effective: Rate
  tokens: { requests: number; servers: number | null; at: string } | null
}
/** A null gives that part back to AWS's own figure. */
export interface LimitBody {
  region: number; action: Action; requests?: number | null; requests_refill?: number | null
  servers?: number | null; servers_refill?: number | null
}

export interface Account {
  id: number
  name: string
  kind: AccountKind
  aws_account_id: string | null
  role_arn: string | null
  external_id: string | null
  access_key_last4: string | null
  regions: Region[]
  status: AccountStatus
  last_error: { code: string; detail: string } | null
  checked_at: string | null
  created_at: string
  servers: number
  health: Health
}

/** Documents for IAM, as JSON values. */
export interface Policies { trust: unknown; permissions: unknown }
export interface AccountDetail extends Account { policies: Policies }

export interface AccountBody {
  name?: string
  role_arn?: string
  access_key_id?: string
  secret_access_key?: string
  regions?: string[]
}
export interface NewAccountBody extends AccountBody { name: string; kind: 'role' | 'keys'; regions: string[] }
