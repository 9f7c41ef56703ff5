/**
 * The nouns the page works with, exactly as the API says them. Times are UTC ISO texts.
 * The generated client must be assignable to these; the compiler tells when it no longer is.
 */

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
export interface Requested { operation: number; action: Action; due_at: string }
export interface NextAction { action: Action; at: string; local: string; timezone: string; schedule: Named }
export interface LastOperation {
  id: number; action: Action; state: OperationState; reason: string | null; detail: string | null; finished_at: string | null
}

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
  stuck_since: string | null
  missing_since: string | null
  public_ip: string | null
  private_ip: string | null
  launched_at: string | null
  availability_zone: string | null
  schedules: number
  cpu: { value: number; at: string } | null
}

export interface Observation { before: string; after: string; reason: string | null; asked_at: string }
export interface ServerDetail extends Server { observations: Observation[] }

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
}

export interface Refusal { server: number; code: string; detail: string }
export interface Asked { operations: Operation[]; refused: Refusal[] }

export interface Rule {
  id: number; action: Action; cron: string | null; at: string | null; sentence: string; next_run_at: string | null
}
export interface Warning { code: string; detail: string }

export interface Schedule {
  id: number
  name: string
  timezone: string
  enabled: boolean
  revision: number
  paused: { until: string | null; reason: string } | null
  grace_seconds: number | null
  mode: string
  rules: Rule[]
  servers: number[]
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

export interface RuleBody { action: Action; cron?: string; at?: string }
export interface ScheduleBody { name: string; timezone: string; rules: RuleBody[]; servers: number[] }
export interface Occurrence { action: Action; at: string; local: string; note: string | null }
export interface Preview { occurrences: Occurrence[]; sentence: string }

export type AccountKind = 'role' | 'keys' | 'host'
export type AccountStatus = 'unchecked' | 'checking' | 'ok' | 'denied' | 'unreachable' | 'unusable'

export interface Region {
  id: number; name: string; enabled: boolean; looked_at: string | null; discovered_at: string | null
  look_error: string | null; servers: number
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
export interface NewAccountBody extends AccountBody { name: string; kind: AccountKind; regions: string[] }

export interface Me {
  id: number
  email: string
  name: string
  role: string
  workspace: { id: number; name: string; time_zone: string }
  environment: { demo: boolean; plain_http: boolean; version: string }
}
