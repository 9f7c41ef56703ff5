/** Weeks that many people want, to begin with. */
import { DAYS, type Day } from './cron'
import type { TimeWindow } from './timetable'

export const WORKDAYS: readonly Day[] = ['mon', 'tue', 'wed', 'thu', 'fri']

export interface Preset { name: string; says: string; windows: TimeWindow[] }

export const OFFICE: TimeWindow = { days: [...WORKDAYS], from: '08:00', to: '20:00' }

export const PRESETS: readonly Preset[] = [
  { name: 'Office hours', says: 'Mon-Fri 08:00-20:00', windows: [OFFICE] },
  { name: 'Long days', says: 'Mon-Fri 07:00-22:00', windows: [{ days: [...WORKDAYS], from: '07:00', to: '22:00' }] },
  { name: 'Nights off', says: 'every day 07:00-22:00', windows: [{ days: [...DAYS], from: '07:00', to: '22:00' }] },
  { name: 'Weekends off', says: 'Mon-Fri around the clock', windows: [{ days: [...WORKDAYS], from: '00:00', to: '00:00' }] },
]
