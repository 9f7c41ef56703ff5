import { describe, expect, it } from 'vitest'

import { daysLater, momentOf, wallAt, wallOf, wallText } from './wall'

const BERLIN = 'Europe/Berlin'
const meant = (text: string, zone = BERLIN): string => {
  const wall = wallOf(text)
  return wall ? new Date(momentOf(wall, zone)).toISOString() : 'unreadable'
}

describe('a wall clock', () => {
  it('means a moment of its zone', () => {
    expect(meant('2026-11-23T18:30')).toBe('2026-11-23T17:30:00.000Z')
    expect(meant('2026-07-01T00:00')).toBe('2026-06-30T22:00:00.000Z')
    expect(meant('2026-11-23T18:30', 'Asia/Kolkata')).toBe('2026-11-23T13:00:00.000Z')
    expect(meant('2026-11-23T18:30', 'Pacific/Kiritimati')).toBe('2026-11-23T04:30:00.000Z')
  })

  it('that is skipped means the moment right after the gap', () => {
    expect(meant('2026-03-29T02:30')).toBe('2026-03-29T01:00:00.000Z')
    expect(meant('2026-10-04T02:10', 'Australia/Lord_Howe')).toBe('2026-10-03T15:30:00.000Z')
  })

  it('that comes twice means the first', () => {
    expect(meant('2026-10-25T02:30')).toBe('2026-10-25T00:30:00.000Z')
    expect(meant('2026-11-01T01:30', 'America/New_York')).toBe('2026-11-01T05:30:00.000Z')
  })

  it('is what it was after there and back', () => {
    for (const text of ['2026-03-29T03:00', '2026-10-25T03:00', '2026-12-31T23:59', '2028-02-29T12:00']) {
      expect(wallText(wallAt(Date.parse(meant(text)), BERLIN))).toBe(text)
    }
  })

  it('moves by days of the calendar', () => {
    const wall = { year: 2026, month: 12, day: 31, hour: 8, minute: 0 }
    expect(wallText(daysLater(wall, 1))).toBe('2027-01-01T08:00')
    expect(wallText(daysLater(wall, -31))).toBe('2026-11-30T08:00')
  })

  it('is nothing while it is not whole', () => {
    expect(wallOf('')).toBeNull()
    expect(wallOf('2026-11-23')).toBeNull()
  })
})
