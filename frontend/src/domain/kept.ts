/** A server that may be kept on or off, or is: what its row and its buttons say. */
import type { Action, EndedHold, Hold, Server, Status, Want } from './model'
import { wallTime } from './time'

const UP: readonly Status[] = ['running', 'starting', 'rebooting']
const isUp = (status: Status): boolean => UP.includes(status)

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

/** Whether asking for this now ends the hold. */
export const contradicts = (action: Action, { want, until }: Hold, now: number): boolean =>
  action === (want === 'on' ? 'stop' : 'start') && Date.parse(until) > now

/** "db-test-3: Kept on by Sam until 21:00: release night". */
export const heldText = ({ server, hold }: EndedHold, zone: string, now: number): string =>
  `${server.name}: ${holdText(hold, undefined, zone, now)}${hold.reason ? `: ${hold.reason}` : ''}`

/** "Kept on until 21:00". */
export const doneText = ({ want, until }: Pick<Hold, 'want' | 'until'>, zone: string, now: number): string =>
  `Kept ${want} until ${wallTime(until, zone, new Date(now))}`

/** "No longer kept on". */
export const endedText = (hold: Pick<Hold, 'want'> | null): string => (hold ? `No longer kept ${hold.want}` : 'No longer kept')
