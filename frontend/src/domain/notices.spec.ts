import { describe, expect, it } from 'vitest'

import { operation } from '@/testing/samples'
import type { Change } from './changes'
import { about, noticeOf, noticeOfMany } from './notices'

const change = (part: Partial<Change> = {}): Change => ({
  kind: 'stopped', server: { id: 8, name: 'test1' }, action: 'stop', operation: 50, reason: null, detail: null, key: 'k', ...part,
})

describe('a notice', () => {
  it('names the server and the schedule behind it', () =>
    expect(noticeOf(change(), operation(), false)).toEqual({
      title: 'Server stopped', description: 'test1 · by Nightly Shutdown', tone: 'success', lasts: false,
    }))

  it('says that you asked', () => expect(noticeOf(change(), null, true).description).toBe('test1 · you asked'))

  it('says which person asked', () => {
    const theirs = operation({ schedule: null, origin: 'person', author: { email: 'sam@example.com', name: '' } })
    expect(noticeOf(change(), theirs, false).description).toBe('test1 · by sam@example.com')
  })

  it('says that a schedule put it back', () =>
    expect(noticeOf(change(), operation({ origin: 'enforce' }), false).description).toBe('test1 · put back by Nightly Shutdown'))

  it('keeps on screen what somebody asked to be told of', () => {
    const told = noticeOf(change({ kind: 'drifted', action: null, operation: null, detail: 'Somebody stopped it.' }), null, false)
    expect(told).toEqual({ title: 'Server changed outside Cloudevy', description: 'test1 · Somebody stopped it.', tone: 'warning', lasts: true })
  })

  it('says that it came from outside', () =>
    expect(noticeOf(change({ operation: null }), null, false).description).toBe('test1 · changed outside Cloudevy'))

  it('claims no cause it does not know', () => expect(noticeOf(change(), null, false).description).toBe('test1'))

  it('keeps a failure on screen, with the reason in words', () => {
    const notice = noticeOf(change({ kind: 'failed', reason: 'denied' }), null, true)
    expect(notice).toMatchObject({ title: 'Stop failed', tone: 'error', lasts: true })
    expect(notice.description).toContain('lack the permission')
  })

  it('prefers the sentence of the API', () =>
    expect(noticeOf(change({ kind: 'failed', reason: 'denied', detail: 'KMS said no.' }), null, true).description).toBe('test1 · KMS said no.'))

  it('gathers many servers into one, and names the first', () => {
    const many = ['a', 'b', 'c', 'd', 'e', 'f'].map((name, id) => change({ server: { id, name } }))
    expect(noticeOfMany(many)).toMatchObject({ title: '6 servers stopped', description: 'a, b, c, d and 2 more' })
  })

  it('never gathers failures, each has its own reason', () =>
    expect(noticeOfMany([change({ kind: 'failed' }), change({ kind: 'failed' })])).toBeNull())

  it('does not say the name twice', () => {
    expect(about('test1', 'test1 is protected.')).toBe('test1 is protected.')
    expect(about('test1', 'It is protected.')).toBe('test1 · It is protected.')
  })
})
