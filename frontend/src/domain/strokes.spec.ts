import { describe, expect, it } from 'vitest'

import { OFFICE } from './presets'
import { cellLabel, everyDay, hoursOfDay, moved, opposite, paintedWords, rectangle, weekly, wholeDay, type Layout } from './strokes'
import { cellsOf, paint } from './week'

const WIDE: Layout = { step: 60, tall: false }
const HALVES: Layout = { step: 30, tall: false }
const TALL: Layout = { step: 60, tall: true }
type Pair = [day: number, slot: number]
const go = ([day, slot]: Pair, key: string, layout: Layout, far = false): Pair | null => {
  const found = moved({ day, slot }, key, far, layout)
  return found && [found.day, found.slot]
}

describe('the way of the focus', () => {
  it.each<[string, Pair, string, Pair]>([
    ['to the next hour', [0, 8], 'ArrowRight', [0, 9]],
    ['to the next day', [0, 8], 'ArrowDown', [1, 8]],
    ['not past the last hour', [2, 23], 'ArrowRight', [2, 23]],
    ['not past Sunday', [6, 8], 'ArrowDown', [6, 8]],
    ['to the header of the day', [3, 0], 'ArrowLeft', [3, -1]],
    ['from one day’s header to the next', [3, -1], 'ArrowDown', [4, -1]],
    ['not into the empty corner', [0, -1], 'ArrowUp', [0, -1]],
    ['back from a day’s header', [3, -1], 'ArrowRight', [3, 0]],
    ['to the header of the hour', [0, 8], 'ArrowUp', [-1, 8]],
    ['from one hour’s header to the next', [-1, 8], 'ArrowRight', [-1, 9]],
    ['not past the first hour’s header', [-1, 0], 'ArrowLeft', [-1, 0]],
    ['back from an hour’s header', [-1, 8], 'ArrowDown', [0, 8]],
    ['to the first hour', [4, 9], 'Home', [4, 0]],
    ['to the last hour', [4, 9], 'End', [4, 23]],
  ])('leads %s', (_, from, key, to) => expect(go(from, key, WIDE)).toEqual(to))

  it('leads to the ends of the week with Ctrl', () => {
    expect(go([4, 9], 'Home', WIDE, true)).toEqual([0, 0])
    expect(go([4, 9], 'End', WIDE, true)).toEqual([6, 23])
  })

  it('takes an hour’s header as one where its halves have cells of their own', () => {
    expect(go([0, 17], 'ArrowUp', HALVES)).toEqual([-1, 16])
    expect(go([-1, 16], 'ArrowRight', HALVES)).toEqual([-1, 18])
    expect(go([-1, 16], 'End', HALVES)).toEqual([-1, 46])
    expect(go([-1, 46], 'ArrowRight', HALVES)).toEqual([-1, 46])
  })

  it('turns where one day is shown at a time', () => {
    expect(go([0, 8], 'ArrowDown', TALL)).toEqual([0, 9])
    expect(go([0, 8], 'ArrowRight', TALL)).toEqual([1, 8])
    expect(go([0, 0], 'ArrowUp', TALL)).toEqual([0, 0])
    expect(go([0, 0], 'ArrowLeft', TALL)).toEqual([0, 0])
  })

  it('is not led by other keys', () => expect(go([0, 0], 'a', WIDE)).toBeNull())
})

describe('a stroke', () => {
  it('makes a cell the opposite of what it was, and fills what was partly on', () =>
    expect([opposite('on'), opposite('off'), opposite('partly'), opposite(undefined)]).toEqual([false, true, true, true]))

  it('covers a whole day, or one hour of every day', () => {
    expect(paint([], wholeDay(2), true)).toEqual([{ days: ['wed'], from: '00:00', to: '00:00' }])
    expect(cellsOf(paint([], everyDay(9), true), 60).map((slots) => slots.indexOf('on'))).toEqual([9, 9, 9, 9, 9, 9, 9])
  })

  it('is said in words', () => {
    const stroke = rectangle({ day: 4, slot: 39 }, { day: 0, slot: 16 }, 30)
    expect(paintedWords(stroke, true, [OFFICE])).toBe('Monday to Friday, 08:00 to 20:00: on. 60 hours on a week.')
    expect(paintedWords(wholeDay(6), false, [])).toBe('Sunday, all day: off. 0 hours on a week.')
    expect(paintedWords(rectangle({ day: 5, slot: 22 }, { day: 5, slot: 23 }, 60), true, [])).toContain('Saturday, 22:00 to midnight: on.')
    expect(weekly([{ days: ['mon'], from: '08:00', to: '09:00' }])).toBe('1 hour on a week.')
    expect(weekly([{ days: ['mon'], from: '08:00', to: '08:20' }])).toBe('0.33 hours on a week.')
  })

  it('gives every cell a name', () => {
    expect(cellLabel({ day: 0, slot: 17 }, 30, 'on')).toBe('Mon 08:30')
    expect(cellLabel({ day: 6, slot: 0 }, 60, 'partly')).toBe('Sun 00:00, partly on')
  })

  it('tells the hours of a day', () =>
    expect(hoursOfDay([OFFICE, { days: ['mon'], from: '06:00', to: '07:00' }], 0)).toBe('06:00-07:00, 08:00-20:00'))
})
