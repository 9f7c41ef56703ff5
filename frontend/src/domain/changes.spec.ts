import { describe, expect, it } from 'vitest'

import { entry, last } from '@/testing/samples'
import { changeBetween, moveLine } from './changes'

const stopping = entry({ status: 'stopping', transition: { action: 'stop', operation: 51, since: null } })

describe('what changed between two looks', () => {
  it('is nothing while the status stays', () => expect(changeBetween(entry(), entry({ seen_at: 'later' }))).toBeNull())

  it('is nothing to tell while it only begins to stop', () => expect(changeBetween(entry(), stopping)).toBeNull())

  it('tells a stop, with the operation behind it', () =>
    expect(changeBetween(stopping, entry({ status: 'stopped' }))).toMatchObject({ kind: 'stopped', operation: 51 }))

  it('tells a stop that was too quick to be seen on its way', () => {
    const after = entry({ status: 'stopped', last_operation: last({ id: 51 }) })
    expect(changeBetween(entry(), after)).toMatchObject({ kind: 'stopped', operation: 51 })
  })

  it('tells a change from outside without an operation', () =>
    expect(changeBetween(entry(), entry({ status: 'stopped' }))).toMatchObject({ kind: 'stopped', operation: null }))

  it('tells a start', () =>
    expect(changeBetween(entry({ status: 'starting' }), entry())).toMatchObject({ kind: 'started' }))

  it('never tells a start that fell back as a stop', () => {
    const starting = entry({ status: 'starting', transition: { action: 'start', operation: 52, since: null } })
    expect(changeBetween(starting, entry({ status: 'stopped' }))).toBeNull()
    const failed = entry({ status: 'stopped', last_operation: last({ id: 52, action: 'start', state: 'failed', reason: 'failed_start' }) })
    expect(changeBetween(starting, failed)).toMatchObject({ kind: 'failed', action: 'start', reason: 'failed_start' })
  })

  it('never tells a stop that did not hold as a start', () =>
    expect(changeBetween(stopping, entry({ status: 'running' }))).toBeNull())

  it('tells a reboot when it is proven, and not before', () => {
    const rebooting = entry({ status: 'rebooting', transition: { action: 'reboot', operation: 53, since: null } })
    expect(changeBetween(rebooting, entry())).toBeNull()
    const proven = entry({ last_operation: last({ id: 53, action: 'reboot' }) })
    expect(changeBetween(rebooting, proven)).toMatchObject({ kind: 'rebooted', operation: 53 })
    const unproven = entry({ last_operation: last({ id: 53, action: 'reboot', state: 'unknown' }) })
    expect(changeBetween(rebooting, unproven)).toMatchObject({ kind: 'unproven' })
  })

  it('tells the end of an operation only once', () => {
    const failed = entry({ last_operation: last({ state: 'failed' }) })
    expect(changeBetween(failed, { ...failed, seen_at: 'later' })).toBeNull()
  })

  it('tells a change from outside that somebody asked to be told of, instead of the move alone', () => {
    const alert = { code: 'changed_outside', detail: 'Somebody stopped it.', since: 'x', operation: null, observation: 9 }
    const after = entry({ status: 'stopped', attention: [alert] })
    expect(changeBetween(entry(), after)).toMatchObject({ kind: 'drifted', detail: 'Somebody stopped it.', key: 'attention:8:changed_outside:9' })
    expect(changeBetween(after, { ...after, seen_at: 'later' })).toBeNull()
    expect(changeBetween(after, entry({ status: 'stopped' }))).toBeNull()
  })

  it('notices what went there and back between two looks, under the key of the move', () => {
    const before = entry({ status: 'stopped' })
    const after = entry({ status: 'stopped', last_operation: last({ id: 55 }) })
    expect(changeBetween(before, after)).toMatchObject({ kind: 'put_back', operation: 55, key: 'server:8:stopped:55' })
    expect(changeBetween(before, entry({ status: 'stopped', last_operation: last({ id: 55, state: 'skipped' }) }))?.kind).toBe('ended')
  })

  it('tells once that a server is stuck, and leaves failures to their operation', () => {
    const stuck = { code: 'stuck', detail: '', since: 'x', operation: null, observation: null }
    expect(changeBetween(stopping, { ...stopping, attention: [stuck] })).toMatchObject({ kind: 'stuck' })
    expect(changeBetween(entry(), entry({ attention: [{ ...stuck, code: 'no_capacity', operation: 7 }] }))).toBeNull()
  })

  it('gives the same change the same key, and another change another', () => {
    const key = (operation: number): string | undefined => {
      const before = entry({ status: 'stopping', transition: { action: 'stop', operation, since: null } })
      return changeBetween(before, entry({ status: 'stopped' }))?.key
    }
    expect(key(51)).toBe(key(51))
    expect(key(51)).not.toBe(key(54))
  })

  it('is written to the console as one line', () => {
    expect(moveLine(stopping, entry({ status: 'stopped' }))).toBe('   test1: stopping → stopped')
    expect(moveLine(stopping, stopping)).toBeNull()
  })
})
