import { describe, expect, it } from 'vitest'

import { dayStrip, hold, NOW } from '@/testing/wanted'
import type { NextAction } from './model'
import { askedOf, dayOf, dayText, marksOf, stretchesOf } from './strips'

const BERLIN = 'Europe/Berlin'
const HOUR = 3_600_000
const day = dayOf(NOW, BERLIN)
const next: NextAction = { action: 'stop', rule: 31, at: '2026-11-23T19:00:00Z', local: '', timezone: BERLIN, schedule: { id: 12, name: 'Office hours' } }
const hours = (share: number): string => (share * 24).toFixed(1)

describe('a day', () => {
  it('lasts from midnight to midnight of its zone', () => {
    expect(new Date(day.from).toISOString()).toBe('2026-11-22T23:00:00.000Z')
    expect(day.to - day.from).toBe(24 * HOUR)
    expect(day.ticks).toEqual([0.25, 0.5, 0.75])
  })

  it('is shorter or longer when the clocks change', () => {
    const spring = dayOf(Date.parse('2026-03-29T12:00:00Z'), BERLIN)
    expect(spring.to - spring.from).toBe(23 * HOUR)
    expect(spring.ticks[0]).toBeCloseTo(5 / 23)
    const autumn = dayOf(Date.parse('2026-10-25T12:00:00Z'), BERLIN)
    expect(autumn.to - autumn.from).toBe(25 * HOUR)
  })
})

describe('what is asked', () => {
  it('is the day, or two where a hold ends after it', () => {
    expect(askedOf(day, [null, hold({ until: '2026-11-23T20:00:00Z' })])).toEqual({ from: day.from, to: day.to })
    expect(askedOf(day, [null, hold({ until: '2026-11-24T07:00:00Z' })])).toEqual({ from: day.from, to: day.from + 48 * HOUR })
  })
})

describe('the strip of a day', () => {
  it('draws the plan, and over it what was seen', () => {
    const parts = stretchesOf(dayStrip(), day).map(({ from, to, power, planned }) => `${hours(from)}-${hours(to)} ${power}${planned ? ' planned' : ''}`)
    expect(parts).toEqual(['8.0-20.0 on planned', '8.0-18.5 on'])
  })

  it('cuts what passes midnight, and leaves out other days', () => {
    const strip = dayStrip({ seen: [], planned: [
      { from: '2026-11-22T20:00:00Z', to: '2026-11-23T01:00:00Z', want: 'on' }, { from: '2026-11-24T01:00:00Z', to: '2026-11-24T02:00:00Z', want: 'on' },
    ] })
    expect(stretchesOf(strip, day).map(({ from, to }) => `${hours(from)}-${hours(to)}`)).toEqual(['0.0-2.0'])
  })

  it('marks what did not run as planned', () => {
    const strip = dayStrip({ marks: [
      { at: '2026-11-23T07:00:00Z', action: 'start', state: 'succeeded' }, { at: '2026-11-23T11:00:00Z', action: 'reboot', state: 'failed' },
      { at: '2026-11-23T19:00:00Z', action: 'stop', state: 'skipped' }, { at: '2026-11-25T19:00:00Z', action: 'stop', state: 'skipped' },
    ] })
    expect(marksOf(strip, day, BERLIN)).toEqual([
      { at: 0.5, fate: 'failed', text: 'Reboot 12:00 failed' }, { at: 20 / 24, fate: 'skipped', text: 'Stop 20:00 skipped' },
    ])
  })
})

describe('the day in words', () => {
  const said = (part: Parameters<typeof dayStrip>[0], following: NextAction | null = next): string => dayText(dayStrip(part), following, day, BERLIN, NOW)

  it('says when it is on and what comes next', () => {
    expect(said({ seen: [] })).toBe('On 08:00 to 20:00, stops in 1 h 30 min')
    expect(said({})).toBe('On 08:00 to 20:00, stops in 1 h 30 min. Seen running 08:01 to 18:30')
    expect(said({ seen: [], marks: [{ at: '2026-11-23T19:00:00Z', action: 'stop', state: 'skipped' }] }, null)).toBe('On 08:00 to 20:00. Stop 20:00 skipped')
  })

  it('says a day that has no edge', () => {
    const whole = { from: '2026-11-20T00:00:00Z', to: '2026-11-30T00:00:00Z' }
    expect(said({ seen: [], planned: [{ ...whole, want: 'on' }] }, null)).toBe('On all day')
    expect(said({ seen: [], planned: [{ ...whole, want: 'off' }] }, null)).toBe('Off all day')
    expect(said({ seen: [], planned: [] }, null)).toBe('Nothing planned')
  })
})
