import { describe, expect, it } from 'vitest'

import { explanation, NOW } from '@/testing/wanted'
import { holdTitle, isWithinBounds, presets, thenText } from './holds'

const BERLIN = 'Europe/Berlin'
const offered = (now: string, zone = BERLIN): string[] => presets(Date.parse(now), zone).map(({ at }) => new Date(at).toISOString().slice(0, 16))

describe('the moments that are offered', () => {
  it('are whole minutes, this evening and tomorrow morning', () => {
    expect(offered('2026-11-23T17:30:20Z')).toEqual(['2026-11-23T18:31', '2026-11-23T19:31', '2026-11-23T20:00', '2026-11-24T07:00'])
    expect(presets(NOW, BERLIN).map(({ text, note }) => `${text} ${note}`)).toEqual(['+1 h 19:30', '+2 h 20:30', '21:00 today', '08:00 tomorrow'])
    expect(presets(NOW + 4 * 3_600_000, BERLIN).map(({ note }) => note)).toEqual(['23:30', 'tomorrow 00:30', 'tomorrow', 'tomorrow'])
  })

  it('put the evening off when it is about to begin', () => {
    expect(offered('2026-11-23T19:30:59Z')[2]).toBe('2026-11-23T20:00')
    expect(offered('2026-11-23T19:31:00Z')[2]).toBe('2026-11-24T20:00')
    expect(offered('2026-11-23T22:59:00Z').slice(2)).toEqual(['2026-11-24T20:00', '2026-11-24T07:00'])
  })

  it('keep the time of day over a clock change', () => {
    expect(offered('2026-03-28T20:00:00Z').slice(2)).toEqual(['2026-03-29T19:00', '2026-03-29T06:00'])
    expect(offered('2026-10-24T18:40:00Z').slice(2)).toEqual(['2026-10-25T20:00', '2026-10-25T07:00'])
    expect(offered('2026-10-25T00:30:00Z')[0]).toBe('2026-10-25T01:30')
  })

  it('follow the clock of the zone', () =>
    expect(offered('2026-11-23T17:30:00Z', 'Asia/Kolkata').slice(2)).toEqual(['2026-11-24T15:30', '2026-11-24T02:30']))
})

it('a hold lasts from five minutes to a month', () => {
  const minutes = (count: number): boolean => isWithinBounds(NOW + count * 60_000, NOW)
  expect([4, 5, 31 * 24 * 60, 31 * 24 * 60 + 1].map(minutes)).toEqual([false, true, true, false])
})

it('the question names the server and what is done first', () => {
  expect(holdTitle({ name: 'test1', status: 'stopped' }, 'on')).toBe('Start test1 and keep it on')
  expect(holdTitle({ name: 'test1', status: 'running' }, 'on')).toBe('Keep test1 on')
})

describe('what happens when a hold ends', () => {
  const at = '2026-11-23T20:00:00Z'
  const said = (part: Parameters<typeof explanation>[0], want: 'on' | 'off' = 'on'): string => thenText(explanation({ at, ...part }), want, BERLIN, NOW)
  const office = { ...explanation().decided, schedule: { id: 12, name: 'Office hours' } }

  it('is what the schedules want then', () => {
    expect(said({ want: 'off', decided: office })).toBe('At 21:00 Office hours wants it off, so it stops.')
    expect(said({ want: 'on', decided: office }, 'off')).toBe('At 21:00 Office hours wants it on, so it starts.')
    expect(said({ want: 'off', decided: office }, 'off')).toBe('At 21:00 Office hours wants it off too, so it stays off.')
  })

  it('is nothing where they want the same, until they want something else', () => {
    const next = { ...explanation().next[0], at: '2026-11-24T17:30:00Z', action: 'stop', state: 'planned' } as never
    expect(said({ want: 'on', decided: office, next: [next] })).toBe('At 21:00 Office hours wants it on too, so it stays on. It stops tomorrow at 18:30.')
  })

  it('is nothing where none wants anything', () =>
    expect(said({ want: null, decided: { ...office, kind: 'none', schedule: null } })).toBe('At 21:00 no schedule wants anything of it, so it stays on.'))

  it('is not foretold by the hold that it replaces', () =>
    expect(said({ want: 'on', decided: { ...office, kind: 'hold' } })).toBe('Then the schedules decide again.'))
})
