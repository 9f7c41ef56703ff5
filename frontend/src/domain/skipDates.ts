/** Dates to leave out, as people paste them: "2026-12-25 Christmas", one to a line or behind commas. */
import type { SkipDate } from './timetable'

export const MOST_DATES = 400
const MOST_LETTERS = 120
/** A comma parts two dates only where a year follows; others belong to the words. */
const BREAK = /\n|[,;]\s*(?=\d{4}-)/
const LINE = /^(\d{4}-\d{2}-\d{2})(?:[\s,;:–-]+(.*))?$/

/** Whether the calendar has that day: 2027-02-29 is none. */
export function isDay(text: string): boolean {
  const moment = new Date(`${text}T00:00:00Z`)
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(text)
}

/** `left`: what was not understood, as it was written; `problems`: why, in the same order. */
export interface Pasted { dates: SkipDate[]; left: string; problems: string[] }

function dateOf(text: string): SkipDate | string {
  const [, day = '', note = ''] = LINE.exec(text) ?? []
  if (!day) return `“${text.slice(0, 40)}” does not begin with a date. Write it as 2026-12-25.`
  if (!isDay(day)) return `${day} is not in the calendar.`
  return { day, note: note.trim().slice(0, MOST_LETTERS) }
}

export function parsed(text: string): Pasted {
  const lines = text.split(BREAK).map((line) => line.trim()).filter(Boolean)
  const found = lines.map((line) => ({ line, date: dateOf(line) }))
  const wrong = found.filter(({ date }) => typeof date === 'string')
  return {
    dates: found.map(({ date }) => date).filter((date) => typeof date !== 'string'),
    left: wrong.map(({ line }) => line).join('\n'),
    problems: wrong.map(({ date }) => date as string),
  }
}

/** Each day once, in the order of the calendar; words that are there already stay unless there are new ones. */
export function joined(known: readonly SkipDate[], more: readonly SkipDate[]): SkipDate[] {
  const days = new Map(known.map((date) => [date.day, date]))
  for (const date of more) days.set(date.day, { day: date.day, note: date.note || (days.get(date.day)?.note ?? '') })
  return [...days.values()].sort((one, other) => (one.day < other.day ? -1 : 1))
}

/** What to say behind "3 added" of dates that came too late; empty for none. */
export function passedWords(count: number): string {
  if (count === 0) return ''
  return count === 1 ? ' One of them has passed already and changes nothing.' : ` ${count} of them have passed already and change nothing.`
}

/** "Fri, 25 December 2026". */
export const dayWords = (day: string): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', weekday: 'short', day: 'numeric', month: 'long', year: 'numeric' }).format(new Date(`${day}T00:00:00Z`))
