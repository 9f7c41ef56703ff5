import { describe, expect, it } from 'vitest'

import { coming, NOW } from '@/testing/wanted'
import type { TimelineEntry } from './model'
import { skipLabel, skippable, skippableEntry, skippedText } from './skips'

const now = new Date(NOW)
const planned: TimelineEntry = {
  at: '2026-11-23T19:00:00.000Z', kind: 'planned', action: 'stop', state: null, text: '', schedule: { id: 12, name: 'Office hours' }, operation: null, observation: null, rule: 31, note: null, skip: null,
}

describe('what may be skipped', () => {
  it('is named with its time, and with the place where the clocks differ', () => {
    expect(skipLabel(coming(), 'Europe/Berlin', now)).toBe('Skip next stop (20:00)')
    expect(skipLabel(coming({ at: '2026-11-24T02:30:00Z', action: 'start', timezone: 'Asia/Kolkata' }), 'Europe/Berlin', now)).toBe('Skip next start (tomorrow 08:00 Kolkata)')
    expect(skippedText(coming(), 'Europe/Berlin', now)).toBe('Stop 20:00 skipped')
  })

  it('is what a rule plans, and what was skipped on purpose', () => {
    expect(skippable(coming(), 'Europe/Berlin')).toEqual({ at: '2026-11-23T19:00:00Z', action: 'stop', rule: 31, skip: null, timezone: 'Europe/Berlin' })
    expect(skippable(coming({ state: 'skipped', reason: 'skipped_once', skip: 77 }), 'UTC')?.skip).toBe(77)
    expect(skippable(coming({ state: 'skipped', reason: 'held' }), 'UTC')).toBeNull()
    expect(skippable(coming({ rule: null }), 'UTC')).toBeNull()
  })

  it('is a planned entry of the line of time, and no other', () => {
    expect(skippableEntry(planned, 'UTC')?.rule).toBe(31)
    expect(skippableEntry({ ...planned, state: 'skipped' }, 'UTC')).toBeNull()
    expect(skippableEntry({ ...planned, kind: 'operation' }, 'UTC')).toBeNull()
  })
})
