import { beforeEach, describe, expect, it, vi } from 'vitest'

import { entry, last, server } from '@/testing/samples'
import { createLiveStore, type LiveStore } from './liveStore'

let store: LiveStore

beforeEach(() => {
  store = createLiveStore()
})

describe('the newest known status', () => {
  it('is shown over what a list said earlier', () => {
    store.learnServers([server()], 1_000)
    store.learn([entry({ status: 'stopping' })], 2_000)
    expect(store.overlay(server()).status).toBe('stopping')
  })

  it('is never replaced by an answer to an older question', () => {
    store.learn([entry({ status: 'stopped' })], 2_000)
    const late = store.learnServers([server({ status: 'running' })], 1_000)
    expect(store.overlay(server()).status).toBe('stopped')
    expect(late.changes).toEqual([])
  })

  it('tells nothing about a server seen for the first time, also in mid-transition', () =>
    expect(store.learn([entry({ status: 'stopping' })], 1_000)).toEqual({ changes: [], lines: [] }))

  it('tells the change and its line when it moves on', () => {
    store.learn([entry({ status: 'stopping' })], 1_000)
    const learned = store.learn([entry({ status: 'stopped' })], 2_000)
    expect(learned.changes.map(({ kind }) => kind)).toEqual(['stopped'])
    expect(learned.lines).toEqual(['   test1: stopping → stopped'])
  })
})

describe('what this tab asked for', () => {
  beforeEach(() => {
    store.learn([entry()], 1_000)
    store.claim(51, 8, 'stop')
  })

  it('waits for AWS until the server is seen to change', () => {
    expect(store.waitingFor(8)).toBe('stop')
    store.learn([entry({ status: 'stopping', transition: { action: 'stop', operation: 51, since: null } })], 2_000)
    expect(store.waitingFor(8)).toBeNull()
    expect(store.ownServers.value).toEqual([8])
  })

  it('is open until its end was seen', () => {
    store.learn([entry({ status: 'stopped', last_operation: last({ id: 51 }) })], 2_000)
    expect(store.ownServers.value).toEqual([])
    expect(store.isMine(51)).toBe(true)
  })

  it('stays open while a later operation of somebody else has ended already', () => {
    const transition = { action: 'stop' as const, operation: 51, since: null }
    store.learn([entry({ status: 'stopping', transition, last_operation: last({ id: 60, state: 'skipped' }) })], 2_000)
    expect(store.ownServers.value).toEqual([8])
  })

  it('is not waited for for ever when the API no longer speaks of it', () => {
    vi.useFakeTimers({ now: Date.now() + 30_000 })
    store.learn([entry()], Date.now())
    expect(store.ownServers.value).toEqual([])
    vi.useRealTimers()
  })
})
