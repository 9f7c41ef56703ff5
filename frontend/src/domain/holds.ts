/** Keeping a server on or off until a moment: which moments are offered, and what is said about it. */
import type { Action, Explanation, Hold, Server, Status, Want } from './model'
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

const UP: readonly Status[] = ['running', 'starting', 'rebooting']
const isUp = (status: Status): boolean => UP.includes(status)

const EARLIEST_MS = 5 * MINUTE_MS
const LATEST_MS = 31 * 24 * HOUR_MS
export const BOUNDS = 'Choose a moment from 5 minutes to 31 days ahead.'

/** What the API takes. */
export const isWithinBounds = (at: number, now: number): boolean => at >= now + EARLIEST_MS && at <= now + LATEST_MS

/** One that is gone keeps nothing. */
export const takesHold = ({ status, left_at: left }: Pick<Server, 'status' | 'left_at'>): boolean =>
  !left && status !== 'terminated' && status !== 'missing'

/** What is done first, before it is kept so: "Start", "Stop", or nothing. */
export function firstStep(status: Status, want: Want): Action | null {
  if (want === 'on') return isUp(status) ? null : 'start'
  return isUp(status) ? 'stop' : null
}

const STEPS: Record<Action, string> = { start: 'Start and keep', stop: 'Stop and keep', reboot: 'Keep' }

/** "Keep on until", "Start and keep on until", "Stop and keep off until", "Keep off until". */
export function holdLabel(status: Status, want: Want): string {
  const step = firstStep(status, want)
  return `${step ? STEPS[step] : 'Keep'} ${want} until`
}

/** The same as a question about one server: "Start test1 and keep it on". */
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

/** What is done when the hold ends, as far as the day that is known tells; nothing where what is wanted stays. */
export function actionAtEnd({ want, until }: Hold, planned: readonly { from: string; want: Want }[]): Action | null {
  const after = planned.find(({ from }) => Date.parse(from) === Date.parse(until))
  if (!after || after.want === want) return null
  return after.want === 'on' ? 'start' : 'stop'
}

/** The first occurrence that the hold keeps from running, or has kept. */
export function heldBack<Each extends { at: string; action: Action; state: string }>({ want, until, created_at: since }: Hold, occurrences: readonly Each[]): Each | undefined {
  const against = want === 'on' ? 'stop' : 'start'
  const [from, to] = [Date.parse(since), Date.parse(until)]
  return occurrences.find(({ at, action, state }) => state === 'skipped' && action === against && Date.parse(at) >= from && Date.parse(at) < to)
}

const nameOf = ({ author }: Hold): string => author?.name || author?.email || ''

/** "Kept on by Sam until 21:00 (rule says 20:00)"; `rule`: what it keeps from running. */
export function holdText(hold: Hold, rule: { at: string } | undefined, zone: string, now: number): string {
  const by = nameOf(hold) ? ` by ${nameOf(hold)}` : ''
  const says = rule ? ` (rule says ${wallTime(rule.at, zone, new Date(now))})` : ''
  return `Kept ${hold.want}${by} until ${wallTime(hold.until, zone, new Date(now))}${says}`
}

/** "Kept on until 21:00". */
export const doneText = ({ want, until }: Pick<Hold, 'want' | 'until'>, zone: string, now: number): string =>
  `Kept ${want} until ${wallTime(until, zone, new Date(now))}`
