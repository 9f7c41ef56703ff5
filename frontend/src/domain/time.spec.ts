import { describe, expect, it } from 'vitest'

import { ago, clock, isZone, offsetOf, sameClock, span, until, wallTime } from './time'

const NOW = new Date('2026-11-23T16:30:00Z')

describe('spans', () => {
  it.each([
    [400, '0 s'], [4_200, '4 s'], [61_000, '1 min'], [3_600_000, '1 h'], [12_540_000, '3 h 29 min'], [200_000_000, '2 d'], [-5, '0 s'],
  ])('says %i ms as "%s"', (ms, text) => expect(span(ms)).toBe(text))

  it('says when something is late instead of counting below zero', () => {
    expect(until(12_540_000)).toBe('in 3 h 29 min')
    expect(until(500)).toBe('now')
    expect(until(-4_000)).toBe('due 4 s ago')
    expect(ago(200)).toBe('just now')
  })
})

describe('wall clocks', () => {
  it.each([
    ['2026-11-23T17:30:00Z', 'Europe/Berlin', '18:30'],
    ['2026-11-24T07:00:00Z', 'Europe/Berlin', 'tomorrow 08:00'],
    ['2026-11-23T20:00:00Z', 'Asia/Kolkata', 'tomorrow 01:30'],
    ['2026-11-22T07:00:00Z', 'Europe/Berlin', 'yesterday 08:00'],
    ['2026-11-27T17:30:00Z', 'Europe/Berlin', 'Fri 18:30'],
    ['2026-12-24T06:00:00Z', 'Europe/Berlin', '24 Dec 07:00'],
    ['2027-01-04T06:00:30Z', 'Europe/Berlin', '4 Jan 2027 07:00:30'],
  ])('shows %s in %s as "%s"', (iso, zone, text) => expect(wallTime(iso, zone, NOW)).toBe(text))

  it('counts midnight as 00', () => expect(clock('2026-11-23T23:00:00Z', 'Europe/Berlin')).toBe('00:00'))

  it('knows which zones show another clock', () => {
    expect(sameClock('2026-11-23T17:30:00Z', 'Europe/Berlin', 'Europe/Paris')).toBe(true)
    expect(sameClock('2026-11-23T17:30:00Z', 'Europe/Berlin', 'Asia/Kolkata')).toBe(false)
  })

  it('names the offset of a zone, half hours too', () => {
    expect(offsetOf('Asia/Kolkata', NOW)).toBe('UTC+05:30')
    expect(offsetOf('UTC', NOW)).toBe('UTC+00:00')
    expect(isZone('Mars/Olympus')).toBe(false)
  })
})
