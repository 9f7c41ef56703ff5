import { expect, it } from 'vitest'

import { OFFICE } from './presets'
import { hoursOn, runsOf } from './thumbnail'

it('a week is drawn in as few pieces as its hours have, over midnight and over the week’s end too', () => {
  expect(runsOf([{ days: ['mon', 'tue'], from: '08:00', to: '20:00' }])).toEqual([
    { day: 0, from: 16, to: 40, whole: true }, { day: 1, from: 16, to: 40, whole: true },
  ])
  expect(runsOf([{ days: ['sun'], from: '22:00', to: '02:00' }])).toEqual([{ day: 0, from: 0, to: 4, whole: true }, { day: 6, from: 44, to: 48, whole: true }])
  expect(runsOf([])).toEqual([])
})

it('a week has so many hours on', () => expect(hoursOn([OFFICE])).toBe(60))

it('what fills no half hour is told apart', () =>
  expect(runsOf([{ days: ['wed'], from: '08:15', to: '09:00' }])).toEqual([{ day: 2, from: 16, to: 17, whole: false }, { day: 2, from: 17, to: 18, whole: true }]))
