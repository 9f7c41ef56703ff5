import { describe, expect, it } from 'vitest'

import { operation } from '@/testing/samples'
import type { Change } from './changes'
import { about, noticeOf, noticeOfMany, together } from './notices'

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
    const notice = noticeOf(change({ kind: 'failed', reason: 'timed_out' }), null, true)
    expect(notice).toMatchObject({ title: 'Stop failed', tone: 'error', lasts: true })
    expect(notice.description).toContain('Reason: timed out.')
  })

  it('prefers the sentence of the API', () =>
    expect(noticeOf(change({ kind: 'failed', reason: 'denied', detail: 'KMS said no.' }), null, true).description).toBe('test1 · KMS said no.'))

  it('gathers many servers into one, and names the first', () => {
    const many = ['a', 'b', 'c', 'd', 'e', 'f'].map((name, id) => change({ server: { id, name } }))
    expect(noticeOfMany(change({ server: { id: 0, name: 'z' } }), many)).toMatchObject({ title: '7 servers stopped', description: 'z, a, b, c and 3 more' })
  })

  it('tells a failure of many servers once, with its reason, and keeps it', () => {
    const failed = change({ kind: 'failed', reason: 'denied', detail: 'AWS refused.' })
    expect(noticeOfMany(failed, [failed, failed, failed, failed, failed])).toEqual({
      title: 'Stop failed on 6 servers', description: 'test1, test1, test1, test1 and 2 more · AWS refused.', tone: 'error', lasts: true,
    })
    expect(noticeOfMany({ ...failed, kind: 'stuck' }, [failed]).title).toBe('2 servers are stuck')
  })

  it('gathers what failed for one reason, and tells a handful one by one', () => {
    const failed = (count: number, reason: string) => Array.from({ length: count }, (_, id) => change({ kind: 'failed', reason, server: { id, name: `s${id}` } }))
    expect(together([...failed(6, 'denied'), ...failed(5, 'refused')]).map(({ length }) => length)).toEqual([6, 1, 1, 1, 1, 1])
    expect(together([...failed(3, 'denied'), ...failed(3, 'denied').map((each) => ({ ...each, action: 'start' as const }))])).toHaveLength(6)
    expect(together(Array.from({ length: 9 }, () => change({ kind: 'gone' })))).toHaveLength(9)
  })

  it('does not say the name twice', () => {
    expect(about('test1', 'test1 is protected.')).toBe('test1 is protected.')
    expect(about('test1', 'It is protected.')).toBe('test1 · It is protected.')
  })
})
