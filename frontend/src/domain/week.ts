/**
 * The hours of a week: windows as a person writes them, and the cells of a grid over the same minutes.
 * Wall-clock minutes on the circle of one week; never computes a moment: that is the server's.
 */
import { DAYS, type Day } from './cron'
import type { TimeWindow } from './timetable'

export type Step = 60 | 30
export type Cell = 'on' | 'off' | 'partly'
/** A day counted from Monday, and one of the equal parts of that day. */
export interface Place { day: number; slot: number }
/** Two corners, in any order. */
export interface Rectangle { from: Place; to: Place; step: Step }

export const DAY = 24 * 60
export const WEEK = 7 * DAY
const TIME = /^([01]\d|2[0-3]):([0-5]\d)$/

/** Minutes of the week; what passes Sunday's end goes on beyond it. */
interface Stretch { begin: number; end: number }

export function minuteOf(time: string): number | null {
  const match = TIME.exec(time)
  return match && Number(match[1]) * 60 + Number(match[2])
}

export const timeAt = (minute: number): string =>
  `${String(Math.floor(minute / 60) % 24).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`

/** What can be laid on the week: at least one day and two times of day. */
export const isComplete = ({ days, from, to }: TimeWindow): boolean =>
  days.length > 0 && minuteOf(from) !== null && minuteOf(to) !== null

/** Nothing for a window that is still being typed. */
function laid({ days, from, to }: TimeWindow): Stretch[] {
  const start = minuteOf(from)
  const stop = minuteOf(to)
  if (start === null || stop === null) return []
  const length = (stop - start + DAY) % DAY || DAY
  return days.map((day) => DAYS.indexOf(day) * DAY + start).map((begin) => ({ begin, end: begin + length }))
}

/** Begins within the week. */
const home = ({ begin, end }: Stretch): Stretch => ({ begin: begin % WEEK, end: end - begin + (begin % WEEK) })

/** The same minutes in as few stretches as there can be; the whole week is one from Monday on. */
function merged(stretches: readonly Stretch[]): Stretch[] {
  const line: Stretch[] = []
  for (const { begin, end } of stretches.map(home).sort((one, other) => one.begin - other.begin)) {
    const last = line.at(-1)
    if (last && begin <= last.end) last.end = Math.max(last.end, end)
    else line.push({ begin, end })
  }
  return rounded(line)
}

/** The last stretch may pass the week's end and swallow the first ones. */
function rounded(line: Stretch[]): Stretch[] {
  for (let [first, last] = [line[0], line.at(-1)]; first && last && first !== last && last.end >= first.begin + WEEK; first = line[0]) {
    last.end = Math.max(last.end, first.end + WEEK)
    line.shift()
  }
  return line[0] && line[0].end - line[0].begin >= WEEK ? [{ begin: 0, end: WEEK }] : line
}

const overlaps = (one: Stretch, other: Stretch): boolean =>
  [-WEEK, 0, WEEK].some((turn) => one.begin < other.end + turn && other.begin + turn < one.end)

/** Touching counts: the end of one is the beginning of the other. */
const meets = (one: Stretch, other: Stretch): boolean =>
  [-WEEK, 0, WEEK].some((turn) => one.begin <= other.end + turn && other.begin + turn <= one.end)

function minus(from: Stretch, taken: Stretch): Stretch[] {
  const turns = [-WEEK, 0, WEEK].map((turn) => ({ begin: taken.begin + turn, end: taken.end + turn }))
  return turns.reduce<Stretch[]>((left, { begin, end }) => left.flatMap((each) => [
    { begin: each.begin, end: Math.min(each.end, begin) }, { begin: Math.max(each.begin, end), end: each.end },
  ].filter((part) => part.begin < part.end)), [from])
}

/** At most a day long each. What lasts longer is cut at midnights, so that each day can be skipped by its date. */
function days({ begin, end }: Stretch): Stretch[] {
  if (end - begin <= DAY) return [{ begin, end }]
  const midnight = (Math.floor(begin / DAY) + 1) * DAY
  return [{ begin, end: midnight }, ...(end - midnight > DAY ? days({ begin: midnight, end }) : [{ begin: midnight, end }])]
}

/** Days with equal hours become one window; in the order of the week. */
function grouped(stretches: readonly Stretch[]): TimeWindow[] {
  const hours = new Map<string, Set<number>>()
  for (const { begin, end } of [...stretches].sort((one, other) => one.begin % WEEK - other.begin % WEEK)) {
    const key = `${timeAt(begin % DAY)}-${timeAt(end % DAY)}`
    hours.set(key, (hours.get(key) ?? new Set()).add(Math.floor(begin / DAY) % 7))
  }
  return [...hours].map(([key, on]) => {
    const [from = '', to = ''] = key.split('-')
    return { days: DAYS.filter((_, day) => on.has(day)), from, to }
  })
}

/** The minutes of a rectangle, day by day. */
function painted({ from, to, step }: Rectangle): Stretch[] {
  const [first, last] = [from.day, to.day].sort((one, other) => one - other) as [number, number]
  const [left, right] = [from.slot, to.slot].sort((one, other) => one - other) as [number, number]
  return Array.from({ length: last - first + 1 }, (_, row) => (first + row) * DAY)
    .map((midnight) => ({ begin: midnight + left * step, end: midnight + (right + 1) * step }))
}

/**
 * The windows after a rectangle was switched. Hours that the rectangle does not touch stay as they were written,
 * and so does what is still being typed; the others are written anew, as few as say it.
 */
export function paint(windows: readonly TimeWindow[], rectangle: Rectangle, on: boolean): TimeWindow[] {
  const area = painted(rectangle)
  const before = windows.flatMap(laid)
  const touched = merged(before).filter((each) => area.some((part) => (on ? meets : overlaps)(each, part)))
  const kept = before.filter((each) => !touched.some((stretch) => overlaps(stretch, each)))
  const after = on ? [...touched, ...area] : area.reduce((left, part) => left.flatMap((each) => minus(each, part)), touched)
  return [...grouped([...kept, ...merged(after).flatMap(days)]), ...windows.filter((each) => !isComplete(each))]
}

/** One for each minute that is on. */
function minutesOf(windows: readonly TimeWindow[]): Uint8Array {
  const minutes = new Uint8Array(WEEK)
  for (const { begin, end } of windows.flatMap(laid)) {
    minutes.fill(1, begin, Math.min(end, WEEK))
    if (end > WEEK) minutes.fill(1, 0, end - WEEK)
  }
  return minutes
}

const sum = (minutes: Uint8Array): number => minutes.reduce((all, minute) => all + minute, 0)

/** Seven days of cells; one that the windows cover in part is neither on nor off. */
export function cellsOf(windows: readonly TimeWindow[], step: Step): Cell[][] {
  const minutes = minutesOf(windows)
  return DAYS.map((_, day) => Array.from({ length: DAY / step }, (_, slot) => {
    const at = day * DAY + slot * step
    const covered = sum(minutes.subarray(at, at + step))
    return covered === 0 ? 'off' : covered === step ? 'on' : 'partly'
  }))
}

export const hoursOn = (windows: readonly TimeWindow[]): number => sum(minutesOf(windows)) / 60

/** Between that day's midnights. */
export const hoursOnDay = (windows: readonly TimeWindow[], day: number): number =>
  sum(minutesOf(windows).subarray(day * DAY, (day + 1) * DAY)) / 60

const without = (windows: readonly TimeWindow[], day: Day): TimeWindow[] => windows
  .map((each) => ({ ...each, days: each.days.filter((known) => known !== day) }))
  .filter((each, place) => each.days.length > 0 || windows[place]?.days.length === 0)

/** The hours that begin on one day, given to others as well. What an evening before left over stays its own. */
export function copyDay(windows: readonly TimeWindow[], from: Day, to: readonly Day[]): TimeWindow[] {
  const others = to.filter((day) => day !== from)
  const rest = others.reduce<TimeWindow[]>(without, [...windows])
  const copied = windows.filter(({ days }) => days.includes(from)).map((each) => ({ ...each, days: [from, ...others] }))
  return [...grouped([...rest, ...copied].flatMap(laid)), ...rest.filter((each) => !isComplete(each))]
}

/** Nothing begins on that day any more. */
export const clearDay = (windows: readonly TimeWindow[], day: Day): TimeWindow[] => without(windows, day)
