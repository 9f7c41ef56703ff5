/** Holds, explanations and days for tests; each test names only what it is about. */
import type { Coming, Explanation, Hold, Strip } from '@/domain/model'

export { NOW } from './samples'

export const hold = (part: Partial<Hold> = {}): Hold => ({
  id: 4, want: 'on', until: '2026-11-23T20:00:00Z', author: { email: 'sam@example.com', name: 'Sam' }, reason: '',
  created_at: '2026-11-23T17:00:00Z', ...part,
})

export const coming = (part: Partial<Coming> = {}): Coming => ({
  at: '2026-11-23T19:00:00Z', local: '2026-11-23T20:00:00+01:00', timezone: 'Europe/Berlin', action: 'stop', kind: 'occurrence', rule: 31,
  schedule: { id: 12, name: 'Office hours' }, state: 'planned', reason: null, detail: null, note: null, skip: null, ...part,
})

export const explanation = (part: Partial<Explanation> = {}): Explanation => ({
  at: '2026-11-23T17:30:00Z', want: 'on', sentence: 'Running because Office hours says on until 20:00.',
  decided: { kind: 'schedule', schedule: { id: 12, name: 'Office hours' }, rule: 30, since: '2026-11-23T07:00:00Z', hold: null },
  others: [], next: [coming()], ...part,
})

export const dayStrip = (part: Partial<Strip> = {}): Strip => ({
  server: 8, seen: [{ from: '2026-11-23T07:01:00Z', to: '2026-11-23T17:30:00Z', state: 'running' }],
  planned: [{ from: '2026-11-23T07:00:00Z', to: '2026-11-23T19:00:00Z', want: 'on' }], marks: [], ...part,
})
