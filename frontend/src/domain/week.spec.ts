import { describe, expect, it } from 'vitest'

import { DAYS, type Day } from './cron'
import type { TimeWindow } from './timetable'
import { OFFICE } from './presets'
import { cellsOf, clearDay, copyDay, DAY, hoursOn, hoursOnDay, minuteOf, paint, timeAt, WEEK, type Rectangle, type Step } from './week'

const WORKDAYS: Day[] = ['mon', 'tue', 'wed', 'thu', 'fri']
const row = (days: Day[], from: string, to: string): TimeWindow => ({ days, from, to })
const at = (day: number, slot: number, lastDay = day, lastSlot = slot, step: Step = 60): Rectangle =>
  ({ from: { day, slot }, to: { day: lastDay, slot: lastSlot }, step })

/** The same answers by the simplest way there is: one minute after the other. */
function minutesOf(windows: readonly TimeWindow[]): boolean[] {
  const minutes = Array<boolean>(WEEK).fill(false)
  for (const { days, from, to } of windows) {
    const start = minuteOf(from) ?? 0
    const length = ((minuteOf(to) ?? 0) - start + DAY) % DAY || DAY
    for (const day of days) for (let step = 0; step < length; step += 1) minutes[(DAYS.indexOf(day) * DAY + start + step) % WEEK] = true
  }
  return minutes
}

function switched(minutes: boolean[], { from, to, step }: Rectangle, on: boolean): boolean[] {
  const isIn = (value: number, one: number, other: number): boolean => value >= Math.min(one, other) && value <= Math.max(one, other)
  return minutes.map((was, minute) =>
    isIn(Math.floor(minute / DAY), from.day, to.day) && isIn(Math.floor((minute % DAY) / step), from.slot, to.slot) ? on : was)
}

/** A small generator of our own, so that a failure can be had again by its seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return Math.floor((state / 4_294_967_296) * sides)
  }
}

function anyWindows(roll: (sides: number) => number): TimeWindow[] {
  return Array.from({ length: roll(5) }, () => {
    const days = DAYS.filter(() => roll(2) === 1)
    const grain = [60, 30, 1][roll(3)] ?? 1
    return row(days.length > 0 ? days : ['sun'], timeAt(roll(DAY / grain) * grain), timeAt(roll(DAY / grain) * grain))
  })
}

function anyRectangle(roll: (sides: number) => number): Rectangle {
  const step = roll(2) === 0 ? 60 : 30
  return { from: { day: roll(7), slot: roll(DAY / step) }, to: { day: roll(7), slot: roll(DAY / step) }, step }
}

const isSorted = (days: Day[]): boolean => days.every((day, place) => place === 0 || DAYS.indexOf(day) > DAYS.indexOf(days[place - 1] ?? 'mon'))

/** Said with a failure. */
const seeds = (count: number): { roll: (sides: number) => number; which: string }[] =>
  Array.from({ length: count }, (_, seed) => ({ roll: dice(seed + 1), which: `seed ${seed + 1}` }))
const drawn = (minutes: boolean[]): string => minutes.map(Number).join('')

describe('any week and any stroke', () => {
  it('switches exactly the minutes of the rectangle', () => {
    for (const { roll, which } of seeds(60)) {
      const [windows, stroke, on] = [anyWindows(roll), anyRectangle(roll), roll(2) === 1]
      const after = paint(windows, stroke, on)
      expect(drawn(minutesOf(after)), which).toBe(drawn(switched(minutesOf(windows), stroke, on)))
      expect(hoursOn(after), which).toBe(minutesOf(after).filter(Boolean).length / 60)
      expect(hoursOnDay(after, 6), which).toBe(minutesOf(after).slice(6 * DAY).filter(Boolean).length / 60)
      expect(after.every(({ days }) => days.length > 0 && isSorted(days)), which).toBe(true)
      expect(new Set(after.map(({ from, to }) => `${from}-${to}`)).size, which).toBe(after.length)
    }
  })

  it('comes back from its cells as the same few windows, painted in any order', () => {
    for (const { roll, which } of seeds(10)) {
      const strokes = Array.from({ length: 6 }, () => ({ stroke: at(roll(7), roll(24), roll(7), roll(24)), on: roll(3) > 0 }))
      const wanted = strokes.reduce<TimeWindow[]>((windows, { stroke, on }) => paint(windows, stroke, on), [])
      const cells = cellsOf(wanted, 60).flatMap((slots, day) => slots.map((cell, slot) => ({ day, slot, cell, order: roll(10_000) })))
      const again = cells.filter(({ cell }) => cell === 'on').sort((one, other) => one.order - other.order)
        .reduce<TimeWindow[]>((windows, { day, slot }) => paint(windows, at(day, slot), true), [])
      expect(again, which).toEqual(wanted)
    }
  })

  it('tells on, off and partly by the minutes of a cell', () => {
    for (const { roll, which } of seeds(40)) {
      const windows = anyWindows(roll)
      const minutes = minutesOf(windows)
      for (const step of [60, 30] as const) {
        const wanted = DAYS.map((_, day) => Array.from({ length: DAY / step }, (_, slot) => {
          const covered = minutes.slice(day * DAY + slot * step, day * DAY + (slot + 1) * step).filter(Boolean).length
          return covered === 0 ? 'off' : covered === step ? 'on' : 'partly'
        }))
        expect(cellsOf(windows, step), which).toEqual(wanted)
      }
    }
  })
})

describe('windows from paint', () => {
  it('gives days with equal hours one row', () =>
    expect(paint([], at(0, 8, 4, 19), true)).toEqual([OFFICE]))

  it('takes a rectangle from any of its corners', () =>
    expect(paint([], at(4, 19, 0, 8), true)).toEqual([OFFICE]))

  it('ends a day at midnight', () =>
    expect(paint([], at(5, 22, 5, 23), true)).toEqual([row(['sat'], '22:00', '00:00')]))

  it('makes one window over midnight, over the week’s end too', () => {
    const evening = paint([], at(6, 22, 6, 23), true)
    expect(paint(evening, at(0, 0, 0, 5), true)).toEqual([row(['sun'], '22:00', '06:00')])
  })

  it('writes a whole day as 24 hours', () =>
    expect(paint([], at(0, 0, 6, 23), true)).toEqual([row([...DAYS], '00:00', '00:00')]))

  it('cuts what lasts longer than a day at midnights', () =>
    expect(paint([row(['mon'], '08:00', '00:00'), row(['wed'], '00:00', '20:00')], at(1, 0, 1, 23), true)).toEqual([
      row(['mon'], '08:00', '00:00'), row(['tue'], '00:00', '00:00'), row(['wed'], '00:00', '20:00'),
    ]))

  it('puts the two ends of a week together again', () =>
    expect(paint(paint([], at(0, 0, 6, 23), true), at(0, 2, 6, 19), false)).toEqual([row([...DAYS], '20:00', '02:00')]))

  it('leaves minutes that no cell can show to the rows that say them', () => {
    const exact = row(['mon', 'tue'], '08:07', '17:43')
    expect(paint([exact], at(5, 10), true)).toEqual([exact, row(['sat'], '10:00', '11:00')])
    expect(paint([exact], at(0, 12), false)).toEqual([
      row(['mon'], '08:07', '12:00'), row(['mon'], '13:00', '17:43'), row(['tue'], '08:07', '17:43'),
    ])
  })

  it('fills a cell that was partly on, and empties it again', () => {
    const filled = paint([row(['mon'], '08:15', '10:00')], at(0, 8), true)
    expect(filled).toEqual([row(['mon'], '08:00', '10:00')])
    expect(paint(filled, at(0, 8), false)).toEqual([row(['mon'], '09:00', '10:00')])
  })

  it('keeps hours that it does not touch as they were written', () => {
    const shifts = row(['mon', 'tue', 'wed'], '08:00', '08:00')
    expect(paint([shifts], at(5, 8), true)).toEqual([shifts, row(['sat'], '08:00', '09:00')])
    expect(paint([shifts], at(5, 8), false)).toEqual([shifts])
  })

  it('keeps rows that are still being typed', () => {
    const typed = [row([], '08:00', '20:00'), row(['mon'], '', '20:00')]
    expect(paint(typed, at(1, 1), true)).toEqual([row(['tue'], '01:00', '02:00'), ...typed])
    expect(cellsOf(typed, 60).flat()).not.toContain('on')
  })
})

describe('a day', () => {
  it('is copied with the hours that begin on it', () => {
    const night = row(['mon'], '22:00', '06:00')
    expect(copyDay([night], 'mon', ['tue', 'sat'])).toEqual([row(['mon', 'tue', 'sat'], '22:00', '06:00')])
    expect(copyDay([OFFICE, row(['sat'], '10:00', '14:00')], 'sat', ['fri'])).toEqual([
      row(['mon', 'tue', 'wed', 'thu'], '08:00', '20:00'), row(['fri', 'sat'], '10:00', '14:00'),
    ])
  })

  it('copied to itself stays, and an empty one empties the others', () => {
    expect(copyDay([OFFICE], 'mon', ['mon'])).toEqual([OFFICE])
    expect(copyDay([OFFICE], 'sun', WORKDAYS)).toEqual([])
  })

  it('is cleared of the hours that begin on it, to their end', () => {
    expect(clearDay([row(['mon', 'tue'], '22:00', '06:00')], 'tue')).toEqual([row(['mon'], '22:00', '06:00')])
    expect(clearDay([row(['tue'], '22:00', '06:00'), row([], '08:00', '')], 'tue')).toEqual([row([], '08:00', '')])
  })
})
