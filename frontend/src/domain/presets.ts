/** Weeks that many people want, to begin with. */
import { DAYS, type Day } from './cron'
import type { TimeWindow } from './timetable'

export const WORKDAYS: readonly Day[] = ['mon', 'tue', 'wed', 'thu', 'fri']

/** `key`: by which an address names it. */
export interface Preset { key: string; name: string; says: string; windows: TimeWindow[] }

export const OFFICE: TimeWindow = { days: [...WORKDAYS], from: '08:00', to: '20:00' }

export const PRESETS: readonly Preset[] = [
  { key: 'office', name: 'Office hours', says: 'Mon-Fri 08:00-20:00', windows: [OFFICE] },
  { key: 'extended', name: 'Long days', says: 'Mon-Fri 07:00-22:00', windows: [{ days: [...WORKDAYS], from: '07:00', to: '22:00' }] },
  { key: 'nights', name: 'Nights off', says: 'every day 07:00-22:00', windows: [{ days: [...DAYS], from: '07:00', to: '22:00' }] },
  { key: 'weekends', name: 'Weekends off', says: 'Mon-Fri around the clock', windows: [{ days: [...WORKDAYS], from: '00:00', to: '00:00' }] },
]

/** Those of an address, which may say anything; office hours where it names none. */
export const windowsOf = (key: unknown): TimeWindow[] =>
  (PRESETS.find((preset) => preset.key === key)?.windows ?? [OFFICE]).map((each) => ({ ...each, days: [...each.days] }))
