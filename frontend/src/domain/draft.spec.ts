import { describe, expect, it } from 'vitest'

import { schedule } from '@/testing/samples'
import { copyOf, draftOf, fingerprint, impactBody, missing, newDraft, newRule, previewBody, ruleBodies, scheduleBody, type ScheduleDraft } from './draft'
import { OFFICE } from './presets'

describe('a schedule while it is written', () => {
  it('begins with the week that an address names, or with office hours', () => {
    expect(newDraft('UTC', [], 'nights').windows).toEqual([{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '07:00', to: '22:00' }])
    expect(newDraft('UTC', [], 'no such week').windows).toEqual(newDraft('UTC', []).windows)
  })

  it('begins with hours on workdays', () => {
    const draft = { ...newDraft('Asia/Kolkata', [8]), name: ' Evenings ' }
    expect(scheduleBody(draft)).toEqual({
      name: 'Evenings', timezone: 'Asia/Kolkata', mode: 'respect', hibernate: false, grace_seconds: null, windows: [OFFICE], skip_dates: [],
      valid_from: null, valid_to: null, servers: [8],
    })
  })

  it('sends the kind and the targets that were chosen, and keeps the others for later', () => {
    const draft: ScheduleDraft = { ...newDraft('UTC', [8]), name: 'x', kind: 'rules', targeting: 'tag_query', tag_query: ' team=qa ' }
    const body = scheduleBody(draft)
    expect(body).toMatchObject({ rules: [{ action: 'stop', cron: '30 18 * * 1-5' }], tag_query: 'team=qa' })
    expect(body).not.toHaveProperty('windows')
    expect(body).not.toHaveProperty('servers')
    expect(scheduleBody({ ...draft, kind: 'windows', targeting: 'servers' })).toMatchObject({ windows: [OFFICE], servers: [8] })
  })

  it('sends exactly one of cron and at for each rule', () => {
    const rules = [
      { ...newRule('start', ''), form: 'once' as const, at: '2026-12-24T07:00' },
      { ...newRule('reboot', ''), form: 'cron' as const, cron: ' 0 4 1 * * ' },
    ]
    expect(ruleBodies(rules)).toEqual([{ action: 'start', at: '2026-12-24T07:00' }, { action: 'reboot', cron: '0 4 1 * *' }])
  })

  it('says what is missing at the field it belongs to', () => {
    const draft: ScheduleDraft = { ...newDraft('UTC', []), kind: 'rules' }
    draft.rules = [{ ...newRule('stop', '18:30'), days: [] }, { ...newRule('start', ''), form: 'once' }]
    expect(Object.keys(missing(draft))).toEqual(['/name', '/rules/0/cron', '/rules/1/at'])
    expect(scheduleBody(draft)).toBeNull()
    const hours: ScheduleDraft = {
      ...newDraft('UTC', []), name: 'x', windows: [OFFICE, { days: [], from: '', to: '08:00' }, { days: ['mon'], from: '08:00', to: '' }],
      targeting: 'tag_query', valid_from: '2027-01-02', valid_to: '2027-01-01',
    }
    expect(Object.keys(missing(hours))).toEqual(['/windows/1/days', '/windows/1/from', '/windows/2/to', '/valid_to', '/tag_query'])
    expect(Object.keys(missing({ ...hours, windows: [] }))[0]).toBe('/windows')
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

  it('comes back as it was saved', () => {
    const saved = schedule({
      rules: [], windows: [OFFICE], skip_dates: [{ day: '2026-12-25', note: 'Christmas' }], valid_from: '2026-12-01', tag_query: 'team=qa', grace_seconds: 600,
    })
    expect(scheduleBody(draftOf(saved))).toMatchObject({
      windows: [OFFICE], skip_dates: [{ day: '2026-12-25', note: 'Christmas' }], valid_from: '2026-12-01', valid_to: null, tag_query: 'team=qa', grace_seconds: 600,
    })
  })

  it('is copied under a name of its own', () => {
    expect(scheduleBody(copyOf(schedule()))).toEqual({ ...scheduleBody(draftOf(schedule())), name: 'Copy of Nightly Shutdown' })
    expect(copyOf(schedule({ name: 'x'.repeat(120) })).name).toHaveLength(120)
  })

  it('asks the preview about its times alone, and about nothing that is incomplete', () => {
    const draft = newDraft('UTC', [])
    expect(previewBody(draft)).toEqual({ timezone: 'UTC', windows: [OFFICE] })
    expect(previewBody({ ...draft, skip_dates: [{ day: '2026-12-25', note: 'x' }], valid_to: '2027-01-01' })).toEqual({
      timezone: 'UTC', windows: [OFFICE], skip_dates: ['2026-12-25'], valid_to: '2027-01-01',
    })
    expect(previewBody({ ...draft, windows: [] })).toBeNull()
    expect(previewBody({ ...draft, kind: 'rules', rules: [] })).toBeNull()
  })

  it('asks what it would do before it has a name', () => {
    const draft = newDraft('UTC', [8])
    expect(impactBody(draft)).toMatchObject({ name: 'New schedule', servers: [8] })
    expect(impactBody(draft)).not.toHaveProperty('schedule')
    expect(impactBody(draft, 12)).toMatchObject({ schedule: 12 })
    expect(impactBody({ ...draft, windows: [] })).toBeNull()
  })

  it('is unchanged after opening and changed after any edit', () => {
    const draft = draftOf(schedule({ servers: [8, 9] }))
    const before = fingerprint(draft)
    expect(fingerprint(draftOf(schedule({ servers: [9, 8] })))).toBe(before)
    expect(fingerprint({ ...draft, servers: [8] })).not.toBe(before)
    expect(fingerprint({ ...draft, rules: [...draft.rules, newRule('start', '08:00')] })).not.toBe(before)
  })
})
