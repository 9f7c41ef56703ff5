/** One server's day from midnight to midnight: what was planned, what was seen, and the same in words. */
import type { Action, Hold, Strip, Want } from './model'
import { ACTION_WORDS } from './status'
import { clockMinutes, until } from './time'
import { powerOf, type Power, type Stretch } from './timeline'
import { daysLater, momentOf, wallAt } from './wall'

const TICK_HOURS = [6, 12, 18]
const LONGEST_MS = 48 * 3_600_000

/** Epoch milliseconds; `ticks`: 06:00, 12:00 and 18:00 in fractions of the day, which may last 23 or 25 hours. */
export interface Day { from: number; to: number; ticks: number[] }

/** The day of that zone which holds this moment. */
export function dayOf(now: number, zone: string): Day {
  const midnight = { ...wallAt(now, zone), hour: 0, minute: 0 }
  const [from, to] = [momentOf(midnight, zone), momentOf(daysLater(midnight, 1), zone)]
  return { from, to, ticks: TICK_HOURS.map((hour) => (momentOf({ ...midnight, hour }, zone) - from) / (to - from)) }
}

/** Where a hold on the page ends after midnight, two days, the most the API tells at once: what it keeps from running may lie there. */
export function askedOf(day: Day, holds: readonly (Pick<Hold, 'until'> | null)[]): { from: number; to: number } {
  const over = holds.some((hold) => hold && Date.parse(hold.until) >= day.to)
  return { from: day.from, to: over ? day.from + LONGEST_MS : day.to }
}

export const shareOf = (at: number, { from, to }: Day): number => Math.min(1, Math.max(0, (at - from) / (to - from)))

interface Spanned { from: string; to: string }

function laid(spans: readonly Spanned[], power: (place: number) => Power, planned: boolean, day: Day): Stretch[] {
  return spans
    .map(({ from, to }, place) => ({ from: shareOf(Date.parse(from), day), to: shareOf(Date.parse(to), day), power: power(place), planned }))
    .filter(({ from, to }) => to > from)
}

/** What was planned, and over it what was seen. */
export const stretchesOf = ({ planned, seen }: Strip, day: Day): Stretch[] => [
  ...laid(planned, (place) => planned[place]?.want ?? 'off', true, day),
  ...laid(seen, (place) => powerOf(seen[place]?.state ?? ''), false, day),
]

export type Fate = 'skipped' | 'failed'
export interface Mark { at: number; fate: Fate; text: string }

const FATES: Record<string, Fate> = { skipped: 'skipped', held: 'skipped', cancelled: 'skipped', failed: 'failed' }

/** What did not run as planned: "Stop 20:00 skipped". */
export const marksOf = ({ marks }: Strip, day: Day, zone: string): Mark[] =>
  marks.flatMap(({ at, action, state }): Mark[] => {
    const fate = FATES[state]
    const moment = Date.parse(at)
    if (!fate || moment < day.from || moment > day.to) return []
    return [{ at: shareOf(moment, day), fate, text: `${ACTION_WORDS[action].noun} ${clockMinutes(at, zone)} ${fate}` }]
  })

/** "08:00 to 20:00 and 21:00 to 24:00"; what passes midnight is cut there. */
function hours(spans: readonly Spanned[], { from, to }: Day, zone: string): string {
  const inside = spans.filter((each) => Date.parse(each.to) > from && Date.parse(each.from) < to)
  const word = (at: number, bound: string): string => (at <= from || at >= to ? bound : clockMinutes(new Date(at).toISOString(), zone))
  return inside.map((each) => `${word(Date.parse(each.from), '00:00')} to ${word(Date.parse(each.to), '24:00')}`).join(' and ')
}

function plan({ planned }: Strip, day: Day, zone: string): string {
  const wanted = (want: Want): string => hours(planned.filter((each) => each.want === want), day, zone)
  if (wanted('on')) return wanted('on') === '00:00 to 24:00' ? 'On all day' : `On ${wanted('on')}`
  return wanted('off') ? `Off ${wanted('off') === '00:00 to 24:00' ? 'all day' : wanted('off')}` : 'Nothing planned'
}

const turn = (next: { action: Action; at: string } | null, now: number): string =>
  next ? `, ${ACTION_WORDS[next.action].does.toLowerCase()} ${until(Date.parse(next.at) - now)}` : ''

/** For those who cannot see it: "On 08:00 to 20:00, stops in 3 h 29 min. Seen running 08:01 to 16:31. Stop 20:00 skipped." */
export function dayText(strip: Strip, next: { action: Action; at: string } | null, day: Day, zone: string, now: number): string {
  const ran = hours(strip.seen.filter(({ state }) => powerOf(state) === 'on'), day, zone)
  const marks = marksOf(strip, day, zone).map(({ text }) => text)
  return [`${plan(strip, day, zone)}${turn(next, now)}`, ...(ran ? [`Seen running ${ran}`] : []), ...marks].join('. ')
}
