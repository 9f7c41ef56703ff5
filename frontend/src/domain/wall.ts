/**
 * Between a wall clock and the moment it means, for single moments that a person picks on the page.
 * Recurring moments are the server's.
 */

/** Minutes are the finest thing a person picks; months count from 1. */
export interface Wall { year: number; month: number; day: number; hour: number; minute: number }

const DAY_MS = 86_400_000
const TEXT = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})/
const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone) ?? new Intl.DateTimeFormat('en-US', {
    timeZone: zone, year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23',
  })
  formats.set(zone, known)
  return known
}

const asUtc = ({ year, month, day, hour, minute }: Wall): number => Date.UTC(year, month - 1, day, hour, minute)

function readAt(moment: number, zone: string): Wall & { second: number } {
  const parts = formatOf(zone).formatToParts(moment)
  const read = (type: string): number => Number(parts.find((part) => part.type === type)?.value)
  return { year: read('year'), month: read('month'), day: read('day'), hour: read('hour'), minute: read('minute'), second: read('second') }
}

/** What the clocks of that zone show at that moment. */
export function wallAt(moment: number, zone: string): Wall {
  const { second: _, ...wall } = readAt(moment, zone)
  return wall
}

/** How far that zone is ahead of UTC, in milliseconds. */
function offsetAt(moment: number, zone: string): number {
  const read = readAt(moment, zone)
  return asUtc(read) + read.second * 1_000 - Math.floor(moment / 1_000) * 1_000
}

/** The first moment after `low` with another offset, to the second. There is one up to `high`. */
function changeBetween(low: number, high: number, zone: string): number {
  const before = offsetAt(low, zone)
  let [left, right] = [low, high]
  while (right - left > 1_000) {
    const middle = Math.floor((left + right) / 2_000) * 1_000
    if (offsetAt(middle, zone) === before) left = middle
    else right = middle
  }
  return right
}

/** As the schedules have it: a time that the clocks skip is right after the gap, one that comes twice is the first. */
export function momentOf(wall: Wall, zone: string): number {
  const shown = asUtc(wall)
  const offsets = [shown - DAY_MS, shown + DAY_MS].map((near) => offsetAt(near, zone))
  const candidates = offsets.map((offset) => shown - offset).sort((one, other) => one - other)
  const found = candidates.find((moment) => asUtc(wallAt(moment, zone)) === shown)
  return found ?? changeBetween(Math.min(...candidates), Math.max(...candidates), zone)
}

/** The same time of day so many days later, as the calendar counts. */
export function daysLater(wall: Wall, days: number): Wall {
  const date = new Date(Date.UTC(wall.year, wall.month - 1, wall.day + days))
  return { ...wall, year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

const two = (number: number): string => String(number).padStart(2, '0')

/** "2026-11-23T18:30", for a field of the browser. */
export const wallText = ({ year, month, day, hour, minute }: Wall): string => `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}`

/** Null while it is not a whole date and time. */
export function wallOf(text: string): Wall | null {
  const match = TEXT.exec(text)
  if (!match) return null
  const [year, month, day, hour, minute] = match.slice(1).map(Number) as [number, number, number, number, number]
  return { year, month, day, hour, minute }
}
