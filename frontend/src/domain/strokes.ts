/** What a person does on the grid of a week: where the focus goes, what a stroke covers, and how both are said. */
import { DAY_NAMES, DAYS, type Day } from './cron'
import type { TimeWindow } from './timetable'
import { DAY, hoursOn, timeAt, type Cell, type Place, type Rectangle, type Step } from './week'

/** `tall`: one day at a time, its hours below each other. Only a wide grid has headers to go to, at day or slot -1. */
export interface Layout { step: Step; tall: boolean }

export const slotsOf = (step: Step): number => DAY / step
export const isCell = ({ day, slot }: Place): boolean => day >= 0 && slot >= 0
export const dayAt = (place: number): Day => DAYS[place] ?? 'mon'
export const dayName = (place: number): string => DAY_NAMES[dayAt(place)].long

const within = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value))
const ARROWS: Record<string, [across: number, down: number]> = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
}

/** The header of an hour spans the cells of that hour and stands at the first of them. */
function amongHours({ slot }: Place, across: number, step: Step): Place {
  const wide = 60 / step
  return { day: -1, slot: within(slot - (slot % wide) + across * wide, 0, slotsOf(step) - wide) }
}

function byArrow(at: Place, [across, down]: [number, number], { step, tall }: Layout): Place {
  const last = slotsOf(step) - 1
  if (tall) return { day: within(at.day + across, 0, 6), slot: within(at.slot + down, 0, last) }
  if (at.day < 0 && down <= 0) return amongHours(at, across, step)
  const slot = within(at.slot + across, -1, last)
  const day = within(at.day + down, slot < 0 ? 0 : -1, 6)
  return day < 0 ? amongHours({ day, slot }, 0, step) : { day, slot }
}

/** Where a key leads from there; null for keys that lead nowhere. */
export function moved(at: Place, key: string, far: boolean, layout: Layout): Place | null {
  const arrow = ARROWS[key]
  if (arrow) return byArrow(at, arrow, layout)
  if (key !== 'Home' && key !== 'End') return null
  const day = far ? (key === 'Home' ? 0 : 6) : at.day
  if (day < 0) return amongHours({ day, slot: key === 'Home' ? 0 : slotsOf(layout.step) - 1 }, 0, layout.step)
  return { day, slot: key === 'Home' ? 0 : slotsOf(layout.step) - 1 }
}

/** Pressing a cell makes it the opposite of what it is; one that is partly on is filled. */
export const opposite = (cell: Cell | undefined): boolean => cell !== 'on'

export const rectangle = (from: Place, to: Place, step: Step): Rectangle => ({ from, to, step })

export const wholeDay = (day: number): Rectangle => rectangle({ day, slot: 0 }, { day, slot: 23 }, 60)

/** One hour on every day. */
export const everyDay = (hour: number): Rectangle => rectangle({ day: 0, slot: hour }, { day: 6, slot: hour }, 60)

/** "Mon 08:00" and, where it is so, that it is on for part of that time. */
export const cellLabel = ({ day, slot }: Place, step: Step, cell: Cell | undefined): string =>
  `${DAY_NAMES[dayAt(day)].short} ${timeAt(slot * step)}${cell === 'partly' ? ', partly on' : ''}`

const number = (hours: number): string => `${Number(hours.toFixed(2))} ${hours === 1 ? 'hour' : 'hours'}`

export const weekly = (windows: readonly TimeWindow[]): string => `${number(hoursOn(windows))} on a week.`

/** "Monday to Friday, 08:00 to 20:00: on. 60 hours on a week." */
export function paintedWords({ from, to, step }: Rectangle, on: boolean, windows: readonly TimeWindow[]): string {
  const [first, last] = [Math.min(from.day, to.day), Math.max(from.day, to.day)]
  const [left, right] = [Math.min(from.slot, to.slot), Math.max(from.slot, to.slot)]
  const days = first === last ? dayName(first) : `${dayName(first)} to ${dayName(last)}`
  const end = (right + 1) * step
  const hours = end - left * step === DAY ? 'all day' : `${timeAt(left * step)} to ${end === DAY ? 'midnight' : timeAt(end)}`
  return `${days}, ${hours}: ${on ? 'on' : 'off'}. ${weekly(windows)}`
}

/** The hours that begin on a day: "08:00-12:00, 13:00-17:00". */
export const hoursOfDay = (windows: readonly TimeWindow[], day: number): string =>
  windows.filter(({ days }) => days.includes(dayAt(day))).map(({ from, to }) => `${from}-${to}`).sort().join(', ')
