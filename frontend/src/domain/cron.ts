/** Between "these days at this time" and five-field cron text. Never computes a moment: that is the server's. */

export type Day = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun'
export interface Weekly { days: Day[]; time: string }

export const DAYS: readonly Day[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
export const DAY_NAMES: Record<Day, { short: string; long: string }> = {
  mon: { short: 'Mon', long: 'Monday' },
  tue: { short: 'Tue', long: 'Tuesday' },
  wed: { short: 'Wed', long: 'Wednesday' },
  thu: { short: 'Thu', long: 'Thursday' },
  fri: { short: 'Fri', long: 'Friday' },
  sat: { short: 'Sat', long: 'Saturday' },
  sun: { short: 'Sun', long: 'Sunday' },
}

const TIME = /^([01]?\d|2[0-3]):([0-5]\d)$/
const SIMPLE = /^(\d{1,2}) (\d{1,2}) \* \* (\S+)$/

/** Cron numbers days from Sunday; our week begins on Monday. */
const numberOf = (day: Day): number => (DAYS.indexOf(day) + 1) % 7

/** "1-5" for neighbours, "1,3,6" otherwise, in the order of the week. */
function dayField(days: readonly Day[]): string {
  const places = DAYS.map((day, place) => (days.includes(day) ? place : -1)).filter((place) => place >= 0)
  if (places.length === DAYS.length) return '*'
  const numbers = places.map((place) => numberOf(DAYS[place] as Day))
  const neighbours = places.every((place, index) => index === 0 || place === (places[index - 1] ?? 0) + 1)
  const wraps = numbers.at(-1) === 0
  if (neighbours && numbers.length > 2 && !wraps) return `${numbers[0]}-${numbers.at(-1)}`
  return numbers.sort((one, other) => one - other).join(',')
}

/** Null while the choice is incomplete: no day, or no time of day. */
export function toCron(weekly: Weekly): string | null {
  const time = TIME.exec(weekly.time)
  if (!time || weekly.days.length === 0) return null
  return `${Number(time[2])} ${Number(time[1])} * * ${dayField(weekly.days)}`
}

function dayOf(text: string): Day | null {
  const name = text.toLowerCase() as Day
  if (DAYS.includes(name)) return name
  return /^[0-7]$/.test(text) ? (DAYS[(Number(text) + 6) % 7] ?? null) : null
}

function daysOfPart(part: string): Day[] | null {
  const [first, last] = part.split('-').map(dayOf)
  if (!first || last === null) return null
  if (last === undefined) return part.includes('-') ? null : [first]
  const from = DAYS.indexOf(first)
  const to = DAYS.indexOf(last)
  return from <= to ? DAYS.slice(from, to + 1) : null
}

function daysOf(field: string): Day[] | null {
  if (field === '*') return [...DAYS]
  const parts = field.split(',').map(daysOfPart)
  if (parts.includes(null)) return null
  const all = parts.flat()
  return DAYS.filter((day) => all.includes(day))
}

/** The days and the time of a cron text that is as simple as that; null when it says more. */
export function fromCron(cron: string): Weekly | null {
  const match = SIMPLE.exec(cron.trim())
  const days = match && daysOf(match[3] ?? '')
  if (!match || !days) return null
  const time = `${(match[2] ?? '').padStart(2, '0')}:${(match[1] ?? '').padStart(2, '0')}`
  return TIME.test(time) ? { days, time } : null
}
