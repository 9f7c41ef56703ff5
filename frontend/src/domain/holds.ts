/** Asking until when a server is kept on or off: which moments are offered, and what happens then. */
import { firstStep } from './kept'
import type { Explanation, Server, Want } from './model'
import { atTime, wallTime } from './time'
import { daysLater, momentOf, wallAt, type Wall } from './wall'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** From half past eight on, nine in the evening is tomorrow's. */
const EVENING_PASSES = 20 * 60 + 30
const EVENING = { hour: 21, minute: 0 }
const MORNING = { hour: 8, minute: 0 }

export type PresetKey = 'hour' | 'hours' | 'evening' | 'morning'
/** "+1 h" and "19:31", "21:00" and "today"; `at`: epoch milliseconds. */
export interface Preset { key: PresetKey; text: string; note: string; at: number }

const nextMinute = (moment: number): number => Math.ceil(moment / MINUTE_MS) * MINUTE_MS

const isLate = ({ hour, minute }: Wall): boolean => hour * 60 + minute > EVENING_PASSES

/** The moments most people want, by the wall clock of that zone. */
export function presets(now: number, zone: string): Preset[] {
  const wall = wallAt(now, zone)
  const evening = daysLater(wall, isLate(wall) ? 1 : 0)
  const inHours = (hours: number, key: PresetKey): Preset => {
    const at = nextMinute(now + hours * HOUR_MS)
    return { key, text: `+${hours} h`, note: wallTime(new Date(at).toISOString(), zone, new Date(now)), at }
  }
  return [
    inHours(1, 'hour'),
    inHours(2, 'hours'),
    { key: 'evening', text: '21:00', note: isLate(wall) ? 'tomorrow' : 'today', at: momentOf({ ...evening, ...EVENING }, zone) },
    { key: 'morning', text: '08:00', note: 'tomorrow', at: momentOf({ ...daysLater(wall, 1), ...MORNING }, zone) },
  ]
}

const EARLIEST_MS = 5 * MINUTE_MS
const LATEST_MS = 31 * 24 * HOUR_MS
export const BOUNDS = 'Choose a moment from 5 minutes to 31 days ahead.'

/** What the API takes. */
export const isWithinBounds = (at: number, now: number): boolean => at >= now + EARLIEST_MS && at <= now + LATEST_MS

/** What is asked about one server: "Start test1 and keep it on". */
export function holdTitle({ name, status }: Pick<Server, 'name' | 'status'>, want: Want): string {
  const step = firstStep(status, want)
  return step ? `${step === 'start' ? 'Start' : 'Stop'} ${name} and keep it ${want}` : `Keep ${name} ${want}`
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
const TURNS: Record<Want, string> = { on: 'starts', off: 'stops' }

/** What happens when the hold ends; `then` is the explanation of that very moment. */
export function thenText(then: Explanation, want: Want, zone: string, now: number): string {
  const { decided, want: wanted } = then
  // The hold that is there now would be replaced, so what it wants then says nothing.
  if (decided.kind === 'hold') return 'Then the schedules decide again.'
  const when = capital(atTime(then.at, zone, new Date(now)))
  if (!wanted) return `${when} no schedule wants anything of it, so it stays ${want}.`
  const who = decided.schedule?.name ?? 'its schedule'
  if (wanted !== want) return `${when} ${who} wants it ${wanted}, so it ${TURNS[wanted]}.`
  const turn = then.next.find(({ action, state }) => state === 'planned' && action === (want === 'on' ? 'stop' : 'start'))
  const later = turn ? ` It ${turn.action === 'stop' ? 'stops' : 'starts'} ${atTime(turn.at, zone, new Date(now))}.` : ''
  return `${when} ${who} wants it ${wanted} too, so it stays ${wanted}.${later}`
}
