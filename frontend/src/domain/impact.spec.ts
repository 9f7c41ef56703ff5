import { describe, expect, it } from 'vitest'

import { impact } from '@/testing/samples'
import { hoursWords, impactWords, stopsSoon, weekWords } from './impact'

const NOW = Date.parse('2026-11-23T17:30:00Z')

describe('what saving would do', () => {
  it('is counted in words', () => {
    expect(impactWords(impact({ starts: { added: 10, removed: 0 }, stops: { added: 1, removed: 2 } }))).toBe('10 starts added, 1 stop added, 2 stops removed')
    expect(impactWords(impact())).toBe('No start, stop or reboot is added or removed')
    expect(hoursWords(impact({ hours: { on_before: 336, on_after: 119.96 } }))).toBe('336 → 120')
  })

  it('names who is stopped soon, and forgets what has passed', () => {
    const stops = [{ server: { id: 9, name: 'web-qa' }, at: '2026-11-23T17:34:00Z' }, { server: { id: 8, name: 'test1' }, at: '2026-11-23T17:33:00Z' }]
    expect(stopsSoon(impact({ stops_soon: stops }), NOW)).toBe('2 servers stop in 3 min')
    expect(stopsSoon(impact({ stops_soon: stops }), NOW + 200_000)).toBe('web-qa stops in 40 s')
    expect(stopsSoon(impact({ stops_soon: stops }), NOW + 300_000)).toBe('')
  })

  it('tells the hours of a week', () =>
    expect(weekWords({ on: 60, off: 108 })).toBe('60 h on, 108 h off a week: about 64 % fewer running hours.'))
})
