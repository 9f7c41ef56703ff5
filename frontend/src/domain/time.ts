/** Moments and spans as a person reads them. Zone arithmetic is the server's; this only formats what it said. */
import { todaysName } from './zones'

const STEPS: readonly [limitMs: number, unitMs: number, unit: string][] = [
  [60_000, 1_000, 's'],
  [3_600_000, 60_000, 'min'],
  [86_400_000, 3_600_000, 'h'],
  [Infinity, 86_400_000, 'd'],
]

/** "4 s", "12 min", "3 h 29 min", "2 d": the two biggest units that matter. */
export function span(ms: number): string {
  const length = Math.max(0, ms)
  const hours = Math.floor(length / 3_600_000)
  const minutes = Math.floor((length % 3_600_000) / 60_000)
  if (hours >= 1 && hours < 24 && minutes > 0) return `${hours} h ${minutes} min`
  for (const [limit, unit, word] of STEPS) {
    if (length < limit) return `${Math.floor(length / unit)} ${word}`
  }
  return ''
}

export const ago = (ms: number): string => (ms < 1_000 ? 'just now' : `${span(ms)} ago`)

/** "in 3 h 29 min", "now" in the last second, "due 4 s ago" when it is late. */
export function until(ms: number): string {
  if (ms < -1_000) return `due ${span(-ms)} ago`
  return ms < 1_000 ? 'now' : `in ${span(ms)}`
}

export const viewerZone = (): string => todaysName(Intl.DateTimeFormat().resolvedOptions().timeZone)

/** The date on the wall clock of that zone, as 2026-11-24. */
export const dayKey = (moment: Date, timeZone: string): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(moment)

function dayWord(moment: Date, now: Date, timeZone: string): string {
  const key = dayKey(moment, timeZone)
  if (key === dayKey(now, timeZone)) return ''
  if (key === dayKey(new Date(now.getTime() + 86_400_000), timeZone)) return 'tomorrow '
  if (key === dayKey(new Date(now.getTime() - 86_400_000), timeZone)) return 'yesterday '
  const near = Math.abs(moment.getTime() - now.getTime()) < 6 * 86_400_000
  const sameYear = key.slice(0, 4) === dayKey(now, timeZone).slice(0, 4)
  const parts: Intl.DateTimeFormatOptions = near
    ? { weekday: 'short' }
    : { day: 'numeric', month: 'short', ...(sameYear ? {} : { year: 'numeric' }) }
  return `${new Intl.DateTimeFormat('en-GB', { timeZone, ...parts }).format(moment)} `
}

export const clockMinutes = (iso: string, timeZone: string): string => clock(iso, timeZone).slice(0, 5)

export function clock(iso: string, timeZone: string): string {
  const moment = new Date(iso)
  const second: Intl.DateTimeFormatOptions = moment.getUTCSeconds() ? { second: '2-digit' } : {}
  return new Intl.DateTimeFormat('en-GB', {
    timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...second,
  }).format(moment)
}

/** "18:30", "tomorrow 08:00", "Thu 18:30", "24 Dec 07:00": the wall clock of that zone. */
export function wallTime(iso: string, timeZone: string, now: Date): string {
  return `${dayWord(new Date(iso), now, timeZone)}${clock(iso, timeZone)}`
}

/** The same inside a sentence: "at 18:30", "tomorrow at 08:00", "Thu at 18:30". */
export function atTime(iso: string, timeZone: string, now: Date): string {
  return `${dayWord(new Date(iso), now, timeZone)}at ${clock(iso, timeZone)}`
}

/** The wall clock of that zone, with its city where the other zone shows another time: "20:00 Kolkata". */
export function placedTime(iso: string, timeZone: string, other: string, now: Date): string {
  const shown = wallTime(iso, timeZone, now)
  return sameClock(iso, timeZone, other) ? shown : `${shown} ${city(timeZone)}`
}

/** "Tuesday 24 November 2026, 18:30:00 CET", for titles and details. */
export function fullTime(iso: string, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone, weekday: 'long', day: 'numeric', month: 'long', year: 'numeric',
    hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short',
  }).format(new Date(iso))
}

export function zoneAbbreviation(iso: string, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone, timeZoneName: 'short' }).formatToParts(new Date(iso))
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? timeZone
}

export const city = (timeZone: string): string => timeZone.split('/').at(-1)?.replaceAll('_', ' ') ?? timeZone

/** Whether two zones show the same wall clock at that moment. */
export function sameClock(iso: string, zone: string, other: string): boolean {
  const moment = new Date(iso)
  return dayKey(moment, zone) === dayKey(moment, other) && clock(iso, zone) === clock(iso, other)
}

export function isZone(timeZone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone }))
  } catch {
    return false
  }
}

/** "UTC+05:30", for the list of zones. */
export function offsetOf(timeZone: string, now: Date): string {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone, timeZoneName: 'longOffset' }).formatToParts(now)
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? 'GMT'
  return name === 'GMT' ? 'UTC+00:00' : name.replace('GMT', 'UTC')
}
