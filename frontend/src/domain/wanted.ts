/** What a server is wanted to be and why: holds, skips, the explanation and its day, as the API says them. */
type Action = 'start' | 'stop' | 'reboot'
interface Named { id: number; name: string }
interface Person { email: string; name: string }

export type Want = 'on' | 'off'

/** Keeps a server on or off until a moment, whatever its schedules say. */
export interface Hold { id: number; want: Want; until: string; author: Person | null; reason: string; created_at: string }
/** A hold that is over because somebody asked for the opposite. */
export interface EndedHold { server: Named; hold: Hold }
/** `act`: also start or stop it now, if it is not there yet. */
export interface HoldBody { want: Want; until: string; reason?: string; act?: boolean }
/** `operation`: what was asked for at once; null when there was nothing to do. */
export interface HoldAnswer { hold: Hold; operation: number | null }

/** What is asked from a row: a hold to choose a moment for, its end, or the next occurrence left out. */
export type Wish = { kind: 'hold'; want: Want } | { kind: 'release' } | { kind: 'skip' }

/** One coming occurrence on one server that will not run. */
export interface Skip {
  id: number; server: Named; rule: number; schedule: Named; action: Action; at: string; author: Person | null
}
/** `remains`: what of the schedule stays, in words. */
export interface SkipAnswer { skips: Skip[]; remains: string | null }
export interface SkipBody { rule: number; at: string; servers?: number[] }

/** A schedule that did not decide, and why. */
export interface Loser { schedule: Named; want: Want | null; since: string | null; reason: string; detail: string }
/** What comes: an occurrence, or what is applied at the end of a hold, which has no rule. `note`: what a clock change does to it; `skip`: the id that takes the skip back. */
export interface Coming {
  at: string; local: string; timezone: string; action: Action; kind: 'occurrence' | 'hold'; rule: number | null; schedule: Named
  state: 'planned' | 'skipped'; reason: string | null; detail: string | null; note: string | null; skip: number | null
}
/** What is wanted of a server at one moment, who decided it, who did not, and what comes next. */
export interface Explanation {
  at: string
  want: Want | null
  sentence: string
  decided: { kind: 'hold' | 'schedule' | 'none'; schedule: Named | null; rule: number | null; since: string | null; hold: Hold | null }
  others: Loser[]
  next: Coming[]
}

export interface StripMark { at: string; action: Action; state: string }
/** A span of time of one server: what it was seen to be, and what its schedules want of it. */
export interface Strip {
  server: number
  seen: { from: string; to: string; state: string }[]
  planned: { from: string; to: string; want: Want }[]
  marks: StripMark[]
}

/** What importing a document does, or would do. */
export interface Imported {
  dry_run: boolean
  created: string[]
  changed: { name: string; fields: { field: string; before: string | null; after: string | null }[] }[]
  unchanged: string[]
  removed: string[]
  /** What would be stopped within five minutes. */
  stops_soon: { server: Named; at: string }[]
  /** The number somebody has to give before it is done; null when nothing has to be confirmed. */
  confirm: number | null
}
