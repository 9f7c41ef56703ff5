import { describe, expect, it } from 'vitest'

import { nearestAction, nextDelay, type Situation } from './pace'

const calm: Situation = { now: 1_000_000, failures: 0, ownOpen: false, nextActionAt: null, random: 0.5 }
const after = (part: Partial<Situation>): number => nextDelay({ ...calm, ...part })

describe('the pace of polling', () => {
  it('is ten seconds while nothing of this tab is open', () => expect(after({})).toBe(10_000))

  it('is four seconds while something this tab asked for is open', () => expect(after({ ownOpen: true })).toBe(4_000))

  it('asks once, 1.5 s after the nearest planned action', () =>
    expect(after({ nextActionAt: calm.now + 3_000 })).toBe(4_500))

  it('does not wait longer than usual for a planned action that is far away', () =>
    expect(after({ nextActionAt: calm.now + 3_600_000 })).toBe(10_000))

  it('forgets a planned action that has passed', () => expect(after({ nextActionAt: calm.now - 60_000 })).toBe(10_000))

  it.each([[1, 4_000], [2, 8_000], [3, 16_000], [4, 32_000], [5, 60_000], [9, 60_000]])(
    'backs off after %i failures in a row', (failures, expected) => expect(after({ failures, ownOpen: true })).toBe(expected))

  it.each([[0, 3_200], [1, 4_800]])('spreads retries by a fifth in either direction', (random, expected) =>
    expect(after({ failures: 1, random })).toBeCloseTo(expected))

  it('obeys the API when it says how long to wait', () => expect(after({ failures: 1, retryAfterMs: 25_000 })).toBe(25_000))
})

describe('the action whose question is awaited', () => {
  it('is the nearest of those to come', () => expect(nearestAction([9_000, 5_000], null, 1_000)).toBe(5_000))

  it('is remembered until its question was asked, though the answers no longer mention it', () =>
    expect(nearestAction([60_000], 5_000, 5_200)).toBe(5_000))

  it('is forgotten when its question was due', () => expect(nearestAction([60_000], 5_000, 6_500)).toBe(60_000))

  it('is none where nothing is planned', () => expect(nearestAction([], null, 0)).toBeNull())
})
