import { describe, expect, it } from 'vitest'

import { server } from '@/testing/samples'
import { counts, filtersOf, isFiltered, picked, queryOf, sorted } from './filters'

const servers = [
  server({ id: 1, name: 'web-10' }),
  server({ id: 2, name: 'web-2', status: 'stopped' }),
  server({ id: 3, name: 'db', attention: [{ code: 'stop_failed', detail: '', since: null, operation: 50, observation: null }] }),
  server({ id: 4, name: 'ci', status: 'stopping' }),
]
const ids = (found: readonly { id: number }[]): number[] => found.map(({ id }) => id)

describe('the list of servers', () => {
  it('comes back from the address as it went in', () => {
    const filters = filtersOf({ status: 'stopped', account: '2', region: 'eu-central-1', search: 'web', sort: 'name', page: '3', left: 'true' })
    expect(filtersOf(queryOf(filters))).toEqual(filters)
    expect(isFiltered(filters)).toBe(true)
  })

  it('has a plain address when nothing is chosen', () => {
    expect(queryOf(filtersOf({}))).toEqual({})
    expect(isFiltered(filtersOf({}))).toBe(false)
  })

  it('counts as filtered when it shows what left', () => expect(isFiltered(filtersOf({ left: 'true' }))).toBe(true))

  it('ignores what an address cannot mean', () =>
    expect(filtersOf({ status: 'melted', sort: ['x'], page: '-4' })).toEqual(filtersOf({})))

  it('counts every group', () =>
    expect(counts(servers)).toEqual({ all: 4, attention: 1, running: 2, stopped: 1, changing: 1 }))

  it('picks a group or a single status', () => {
    expect(ids(picked(servers, 'changing'))).toEqual([4])
    expect(ids(picked(servers, 'stopped'))).toEqual([2])
    expect(ids(picked(servers, 'rebooting'))).toEqual([])
  })

  it('puts what needs a person first, then sorts names as people count', () => {
    expect(ids(sorted(servers, 'attention'))).toEqual([3, 4, 2, 1])
    expect(ids(sorted(servers, 'name'))).toEqual([4, 3, 2, 1])
  })

  it('puts servers without a plan last', () => {
    const next = { action: 'stop' as const, rule: 31, at: '2026-11-23T18:00:00Z', local: '', timezone: 'UTC', schedule: { id: 1, name: '' } }
    expect(ids(sorted([...servers, server({ id: 5, name: 'zz', next_action: next })], 'next'))[0]).toBe(5)
  })
})
