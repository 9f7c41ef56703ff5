import { describe, expect, it } from 'vitest'

import { last, NOW, server } from '@/testing/samples'
import { hold } from '@/testing/wanted'
import {
  actionsFor, appearance, canHibernate, isStale, needsAttention, outcome, possibleActions, requestedText, restrictionFor, STATUSES,
} from './status'
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

  it('offers nothing that EC2 would never do, and says why', () => {
    const owned = server({ restrictions: [{ code: 'auto_scaling', actions: ['start', 'stop'], detail: 'Change the group instead.' }] })
    expect(possibleActions(owned)).toEqual(['reboot'])
    expect(restrictionFor(owned, 'stop')).toBe('Change the group instead.')
    expect(restrictionFor(owned, 'reboot')).toBeNull()
  })

  it('offers nothing for a server that is no longer in EC2', () =>
    expect(actionsFor(server({ status: 'stopped', left_at: '2026-11-23T10:00:00Z' }))).toEqual([]))

  it('hibernates only what was made for it, while it runs', () => {
    expect(canHibernate(server())).toBe(false)
    expect(canHibernate(server({ hibernation: true }))).toBe(true)
    expect(canHibernate(server({ hibernation: true, status: 'stopped' }))).toBe(false)
  })

  it('says why a request waits', () => {
    const waiting = { code: 'no_capacity', detail: '', until: null }
    expect(requestedText({ operation: 1, action: 'start', due_at: '', waiting })).toBe('Start requested: no capacity')
    expect(requestedText({ operation: 1, action: 'start', due_at: '', waiting: null })).toBe('Start requested')
  })

  it('grows stale sooner while it changes', () => {
    expect(isStale('running', 60_000)).toBe(false)
    expect(isStale('stopping', 60_000)).toBe(true)
    expect(isStale('terminated', 900_000)).toBe(false)
  })

  it('asks for attention where the API does, and nowhere else', () => {
    const failed = last({ state: 'failed' })
    // Whose fault a failure is, and so whether it concerns this server, the API knows.
    expect(needsAttention(server({ last_operation: failed }))).toBe(false)
    const attention = [{ code: 'stuck', detail: '', since: null, operation: null, observation: null }]
    expect(needsAttention(server({ status: 'stopping', attention }))).toBe(true)
    expect(needsAttention(server({ status: 'missing', attention, left_at: '2026-11-23T10:00:00Z' }))).toBe(false)
  })

  it('never calls an unproven reboot a success', () => {
    expect(outcome('reboot', 'unknown')).toBe('Reboot sent, not proven')
    expect(outcome('start', 'failed')).toBe('Start failed')
    expect(outcome('stop', 'succeeded')).toBe('Stop succeeded')
  })
})

describe('the sentence about a server', () => {
  const next_action = {
    action: 'stop' as const, rule: 31, at: '2026-11-23T19:00:00Z', local: '', timezone: 'Europe/Berlin', schedule: { id: 1, name: 'Nightly Shutdown' },
  }

  it('says what it does and what comes next', () =>
    expect(sentenceAbout(server({ next_action }), new Date(NOW))).toBe(
      'It is running. Nightly Shutdown stops it at 20:00 Berlin time.'))

  it('says why the last try failed', () => {
    const told = sentenceAbout(server({ last_operation: last({ state: 'failed', detail: 'The role lacks ec2:StopInstances.' }) }), new Date(NOW))
    expect(told).toContain('The last stop failed: The role lacks ec2:StopInstances.')
  })

  it('says until when somebody keeps it so, not what its schedules plan meanwhile', () =>
    expect(sentenceAbout(server({ next_action, hold: hold({ until: '2026-11-28T17:00:00Z' }) }), new Date(NOW))).toMatch(/^It is running\. It is kept on until Sat \d\d:00\.$/))

  it('says since when', () =>
    expect(sentenceAbout(server({ state_since: '2026-11-21T10:00:00Z' }), new Date(NOW))).toMatch(/^It has been running since Sat \d\d:00\./))

  it('says AWS’s reason once, and leaves to the place for attention what stands there', () => {
    const reason = 'Client.InternalError: Client error on launch'
    const failed = last({ action: 'start', state: 'failed', detail: `It fell back to stopped: ${reason}.` })
    const stopped = server({ status: 'stopped', state_reason: reason, last_operation: failed })
    expect(sentenceAbout(stopped, new Date(NOW)).split(reason)).toHaveLength(2)
    const attention = [{ code: 'start_failed', detail: failed.detail ?? '', since: null, operation: failed.id, observation: null }]
    expect(sentenceAbout({ ...stopped, attention }, new Date(NOW))).toBe('It is stopped. Nothing is planned for it.')
  })

  it('says that a server is no longer in EC2', () =>
    expect(sentenceAbout(server({ status: 'terminated', left_at: 'x', next_action }), new Date(NOW))).toBe('It is no longer in EC2; only its history is kept.'))

  it('says whether a change was asked for', () => {
    const transition = { action: 'stop' as const, operation: 51, since: null }
    expect(sentenceAbout(server({ status: 'stopping', transition }), new Date(NOW))).toContain('as asked')
    expect(sentenceAbout(server({ status: 'stopping' }), new Date(NOW))).toContain('from outside Cloudevy')
  })

  it('plans nothing for a terminated server', () =>
    expect(sentenceAbout(server({ status: 'terminated', next_action }), new Date(NOW))).not.toContain('Nightly'))
})
