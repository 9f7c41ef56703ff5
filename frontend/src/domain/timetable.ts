/** When a schedule acts, what that would do, and to whom, exactly as the API says it. */
import type { Day } from './cron'

type Action = 'start' | 'stop' | 'reboot'
interface Named { id: number; name: string }
export interface Warning { code: string; detail: string }

/** On these days from one wall-clock time to another; to the next day when `to` is not later. */
export interface TimeWindow { days: Day[]; from: string; to: string }
export interface RuleBody { action: Action; cron?: string; at?: string }
/** A local date on which nothing begins. */
export interface SkipDate { day: string; note: string }
export interface WeekHours { on: number; off: number }

export interface PreviewBody {
  timezone: string
  windows?: TimeWindow[]
  rules?: RuleBody[]
  skip_dates?: string[]
  valid_from?: string
  valid_to?: string
  count?: number
}
export interface Occurrence { action: Action; at: string; local: string; note: string | null }
export interface Preview { occurrences: Occurrence[]; sentence: string; week_hours: WeekHours | null }

export interface Turns { added: number; removed: number }
/** What saving would change in the 14 days to come. */
export interface Impact {
  from: string
  to: string
  servers: number
  starts: Turns
  stops: Turns
  reboots: Turns
  /** Planned hours on, of all its servers together. */
  hours: { on_before: number; on_after: number }
  changes: { server: Named; action: Action; at: string; local: string; change: 'added' | 'removed' }[]
  more: boolean
  /** What would be stopped within five minutes. */
  stops_soon: { server: Named; at: string }[]
  /** The number somebody has to type before it is saved; null when nothing has to be confirmed. */
  confirm: number | null
  /** What is worth knowing and keeps nobody from saving. */
  warnings: Warning[]
}

export interface Targets { count: number; servers: Named[] }
/** The days of an uploaded calendar; `ignored`: entries that gave none, such as those with times. */
export interface CalendarDates { dates: SkipDate[]; ignored: number }
