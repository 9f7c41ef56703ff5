import { describe, expect, it } from 'vitest'

import { schedule } from '@/testing/samples'
import { draftOf, newRule } from './draft'
import { OFFICE } from './presets'
import { differences } from './versions'

const nameOf = (server: number): string => ({ 8: 'test1', 9: 'web-qa' })[server] ?? '?'
const began = draftOf(schedule())

describe('two versions of a schedule', () => {
  it('differ field by field, and tell who moved away from the first', () => {
    const mine = { ...began, name: 'Mine', servers: [9, 8] }
    const theirs = draftOf(schedule({ name: 'Theirs', rules: [], windows: [OFFICE] }))
    expect(differences(mine, theirs, began, nameOf)).toEqual([
      { field: 'Name', mine: 'Mine', theirs: 'Theirs', changedByMe: true, changedByThem: true },
      { field: 'Hours and actions', mine: 'Stop Mon, Tue, Wed, Thu, Fri 18:30', theirs: 'Mon, Tue, Wed, Thu, Fri 08:00–20:00', changedByMe: false, changedByThem: true },
      { field: 'Servers', mine: 'test1\nweb-qa', theirs: 'test1', changedByMe: true, changedByThem: false },
    ])
  })

  it('say dates, tags, mode and hibernation in words', () => {
    const theirs = draftOf(schedule({ skip_dates: [{ day: '2026-12-25', note: 'Christmas' }], valid_to: '2027-01-31', tag_query: 'team=qa', mode: 'enforce', hibernate: true }))
    expect(differences(began, theirs, began, nameOf).map(({ field, mine, theirs: other }) => [field, mine, other])).toEqual([
      ['Servers', 'test1', 'all with team=qa'], ['Dates left out', 'none', 'Fri, 25 December 2026 Christmas'], ['Last day', 'any', 'Sun, 31 January 2027'],
      ['When somebody else changes a server', 'Leave it until the next action', 'Put it back'], ['Hibernates', 'no', 'yes'],
    ])
  })

  it('say actions as they were written, in one order', () => {
    const rules = [{ ...newRule('stop', '20:00'), form: 'cron' as const, cron: '0 3 L * *' }, { ...newRule('start', ''), form: 'once' as const, at: '2026-12-24T07:00' }]
    const both = differences({ ...began, rules }, began, began, nameOf)
    expect(both[0]?.mine).toBe('Start Thu, 24 December 2026 07:00\nStop by cron 0 3 L * *')
    expect(differences({ ...began, rules }, { ...began, rules: [...rules].reverse() }, began, nameOf)).toEqual([])
  })

  it('are one where both wrote the same', () => expect(differences(began, draftOf(schedule({ servers: [8] })), began, nameOf)).toEqual([]))
})
