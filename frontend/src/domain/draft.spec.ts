import { describe, expect, it } from 'vitest'

import { schedule } from '@/testing/samples'
import { draftOf, fingerprint, missing, newDraft, newRule, ruleBodies, scheduleBody } from './draft'

describe('a schedule while it is written', () => {
  it('begins with a stop on workday evenings', () => {
    const draft = { ...newDraft('Asia/Kolkata', [8]), name: ' Evenings ' }
    expect(scheduleBody(draft)).toEqual({
      name: 'Evenings', timezone: 'Asia/Kolkata', mode: 'respect', hibernate: false, rules: [{ action: 'stop', cron: '30 18 * * 1-5' }], servers: [8],
    })
  })

  it('sends exactly one of cron and at for each rule', () => {
    const rules = [
      { ...newRule('start', ''), form: 'once' as const, at: '2026-12-24T07:00' },
      { ...newRule('reboot', ''), form: 'cron' as const, cron: ' 0 4 1 * * ' },
    ]
    expect(ruleBodies(rules)).toEqual([{ action: 'start', at: '2026-12-24T07:00' }, { action: 'reboot', cron: '0 4 1 * *' }])
  })

  it('says what is missing at the field it belongs to', () => {
    const draft = newDraft('UTC', [])
    draft.rules = [{ ...newRule('stop', '18:30'), days: [] }, { ...newRule('start', ''), form: 'once' }]
    expect(Object.keys(missing(draft))).toEqual(['/name', '/rules/0/cron', '/rules/1/at'])
    expect(scheduleBody(draft)).toBeNull()
  })

  it('opens a saved schedule in the friendliest form that says it all', () => {
    const rules = [
      { id: 1, action: 'stop' as const, cron: '30 18 * * 1-5', at: null, sentence: '', next_run_at: null },
      { id: 2, action: 'start' as const, cron: '*/15 8 * * *', at: null, sentence: '', next_run_at: null },
      { id: 3, action: 'start' as const, cron: null, at: '2026-12-24T07:00:30', sentence: '', next_run_at: null },
    ]
    expect(draftOf(schedule({ rules })).rules.map(({ form }) => form)).toEqual(['weekly', 'cron', 'once'])
  })

  it('keeps what it does about changes from outside', () => {
    const draft = draftOf(schedule({ mode: 'enforce', hibernate: true }))
    expect(scheduleBody(draft)).toMatchObject({ mode: 'enforce', hibernate: true })
    expect(fingerprint({ ...draft, mode: 'alert' })).not.toBe(fingerprint(draft))
    expect(fingerprint({ ...draft, hibernate: false })).not.toBe(fingerprint(draft))
  })

  it('is unchanged after opening and changed after any edit', () => {
    const draft = draftOf(schedule({ servers: [8, 9] }))
    const before = fingerprint(draft)
    expect(fingerprint(draftOf(schedule({ servers: [9, 8] })))).toBe(before)
    expect(fingerprint({ ...draft, servers: [8] })).not.toBe(before)
    expect(fingerprint({ ...draft, rules: [...draft.rules, newRule('start', '08:00')] })).not.toBe(before)
  })
})
