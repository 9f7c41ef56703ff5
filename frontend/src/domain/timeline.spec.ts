import { describe, expect, it } from 'vitest'

import type { Timeline, TimelineEntry } from './model'
import { entryTone, isOutside, parted, remarks, strip, stripText } from './timeline'

const HOUR = 3_600_000
const NOON = Date.parse('2026-11-23T12:00:00Z')
const at = (hours: number): string => new Date(NOON + hours * HOUR).toISOString()

const item = (part: Partial<TimelineEntry>): TimelineEntry => ({
  at: at(0), kind: 'observation', action: null, state: null, text: '', schedule: null, operation: null, observation: null, rule: null, note: null, skip: null, ...part,
})
const seen = (hours: number, before: string, after: string): TimelineEntry => item({
  at: at(hours), observation: { before, after, cause: 'outside', actor: 'inside', reaction: 'alerted', reason: 'Client.X', acknowledged_at: null },
})
const planned = (hours: number, action: 'start' | 'stop' | 'reboot', state: string | null = null): TimelineEntry =>
  item({ at: at(hours), kind: 'planned', action, state })
const day = (...entries: TimelineEntry[]): Timeline => ({ from: at(-10), to: at(10), entries, more: false })
const spans = (timeline: Timeline, state: string, known = 0): string[] =>
  strip(timeline, state, NOON, known).map(({ from, to, power, planned: coming }) => `${(from * 20).toFixed(0)}-${(to * 20).toFixed(0)} ${power}${coming ? ' planned' : ''}`)

describe('the line of time', () => {
  it('puts what comes and what was nearest to now', () => {
    const entries = [seen(-4, 'running', 'stopped'), seen(-1, 'stopped', 'running'), planned(2, 'stop'), planned(5, 'start')]
    const { coming, past } = parted(entries, NOON)
    expect(coming.map((each) => each.at)).toEqual([at(2), at(5)])
    expect(past.map((each) => each.at)).toEqual([at(-1), at(-4)])
  })

  it('draws what was seen up to now and what is planned after it', () =>
    expect(spans(day(seen(-4, 'running', 'stopped'), planned(6, 'start')), 'stopped')).toEqual([
      '0-6 on', '6-10 off', '10-16 off planned', '16-20 on planned',
    ]))

  it('draws a plan that changes nothing as one', () =>
    expect(spans(day(planned(2, 'start'), planned(4, 'stop')), 'running')).toEqual(['0-10 on', '10-14 on planned', '14-20 off planned']))

  it('claims nothing for the time before anybody looked', () => {
    expect(spans(day(), 'running', NOON - 2 * HOUR)).toEqual(['0-8 unseen', '8-10 on', '10-20 on planned'])
    expect(spans(day(seen(-4, 'running', 'stopped')), 'stopped', NOON - 1 * HOUR)[0]).toBe('0-6 unseen')
  })

  it('draws no plan that will not run, and no reboot', () =>
    expect(spans(day(planned(2, 'stop', 'skipped'), planned(4, 'reboot')), 'running')).toEqual(['0-10 on', '10-20 on planned']))

  it('says the same in words', () => {
    expect(stripText(strip(day(seen(-5, 'running', 'stopped')), 'stopped', NOON, 0))).toBe('So far running 50 %, stopped 50 % of the time')
    expect(stripText([])).toBe('Nothing seen yet')
  })

  it('marks what came from outside, and adds only what the text does not say', () => {
    expect(isOutside(seen(-4, 'running', 'stopped'))).toBe(true)
    expect(entryTone(seen(-4, 'running', 'stopped'))).toBe('warn')
    expect(remarks(seen(-4, 'running', 'stopped'))).toEqual(['Client.X'])
    expect(remarks({ ...planned(2, 'stop'), note: 'The clocks go forward.' })).toEqual(['The clocks go forward.'])
    expect(entryTone(item({ kind: 'operation', state: 'failed' }))).toBe('bad')
    expect(entryTone(item({ kind: 'operation', state: 'accepted' }))).toBe('busy')
  })
})
