import { describe, expect, it } from 'vitest'

import { last, NOW, server } from '@/testing/samples'
import { actionsFor, appearance, isStale, needsAttention, outcome, STATUSES } from './status'
import { sentenceAbout } from './sentence'

describe('the status of a server', () => {
  it('has the words people know', () =>
    expect(STATUSES.map((status) => appearance(status).word)).toEqual(
      ['Running', 'Stopped', 'Starting', 'Stopping', 'Rebooting', 'Gone', 'Missing', 'Unknown']))

  it('is told by word and shape, never by colour alone', () => {
    const drawings = STATUSES.map((status) => `${appearance(status).shape} ${appearance(status).word}`)
    expect(new Set(drawings).size).toBe(STATUSES.length)
  })

  it('offers only what applies', () => {
    expect(actionsFor(server())).toEqual(['stop', 'reboot'])
    expect(actionsFor(server({ status: 'stopped' }))).toEqual(['start'])
    for (const status of ['starting', 'stopping', 'rebooting', 'terminated', 'missing', 'unknown'] as const) {
      expect(actionsFor(server({ status }))).toEqual([])
    }
    expect(actionsFor(server({ requested: { operation: 1, action: 'stop', due_at: '', waiting: null } }))).toEqual([])
  })

  it('grows stale sooner while it changes', () => {
    expect(isStale('running', 60_000)).toBe(false)
    expect(isStale('stopping', 60_000)).toBe(true)
    expect(isStale('terminated', 900_000)).toBe(false)
  })

  it('asks for attention after a failure, until the next try is on its way', () => {
    const failed = last({ state: 'failed' })
    expect(needsAttention(server({ last_operation: failed }))).toBe(true)
    expect(needsAttention(server({ last_operation: failed, status: 'stopping' }))).toBe(false)
    expect(needsAttention(server({ status: 'missing' }))).toBe(true)
    expect(needsAttention(server({ last_operation: last({ state: 'skipped' }) }))).toBe(false)
  })

  it('never calls an unproven reboot a success', () => {
    expect(outcome('reboot', 'unknown')).toBe('Reboot sent, not proven')
    expect(outcome('start', 'failed')).toBe('Start failed')
    expect(outcome('stop', 'succeeded')).toBe('Stop succeeded')
  })
})

describe('the sentence about a server', () => {
  const next_action = {
    action: 'stop' as const, at: '2026-11-23T19:00:00Z', local: '', timezone: 'Europe/Berlin', schedule: { id: 1, name: 'Nightly Shutdown' },
  }

  it('says what it does and what comes next', () =>
    expect(sentenceAbout(server({ next_action }), new Date(NOW))).toBe(
      'It is running. Nightly Shutdown stops it at 20:00 Berlin time.'))

  it('says why the last try failed', () => {
    const told = sentenceAbout(server({ last_operation: last({ state: 'failed', detail: 'The role lacks ec2:StopInstances.' }) }), new Date(NOW))
    expect(told).toContain('The last stop failed: The role lacks ec2:StopInstances.')
  })

  it('says whether a change was asked for', () => {
    const transition = { action: 'stop' as const, operation: 51, since: null }
    expect(sentenceAbout(server({ status: 'stopping', transition }), new Date(NOW))).toContain('as asked')
    expect(sentenceAbout(server({ status: 'stopping' }), new Date(NOW))).toContain('from outside Cloudevy')
  })

  it('plans nothing for a terminated server', () =>
    expect(sentenceAbout(server({ status: 'terminated', next_action }), new Date(NOW))).not.toContain('Nightly'))
})
