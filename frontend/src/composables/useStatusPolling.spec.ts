import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick, ref, type EffectScope } from 'vue'

import type { StatusAnswer } from '@/domain/model'
import { flush, inScope, setOnline, setVisible } from '@/testing/browser'
import { NOW } from '@/testing/samples'
import { useStatusPolling } from './useStatusPolling'

const answer: StatusAnswer = { now: '2026-11-23T17:30:00Z', statuses: [] }
const ids = ref<number[]>([])
const ownOpen = ref(false)
const nextActionAt = ref<number | null>(null)
const read = vi.fn()
const onAnswer = vi.fn()
let scope: EffectScope
let polling: ReturnType<typeof useStatusPolling>

function start(): void {
  const question = { read, ids: () => ids.value, ownOpen: () => ownOpen.value, nextActionAt: () => nextActionAt.value, onAnswer }
  ;({ made: polling, scope } = inScope(() => useStatusPolling(question)))
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const asked = (): number => read.mock.calls.length

beforeEach(() => {
  vi.useFakeTimers({ now: NOW })
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  read.mockReset().mockResolvedValue({ answer, etag: '"1"' })
  onAnswer.mockReset()
  ids.value = [3, 8]
  ownOpen.value = false
  nextActionAt.value = null
})

afterEach(() => {
  scope.stop()
  setVisible(true)
  setOnline(true)
  vi.useRealTimers()
})

describe('polling while somebody looks', () => {
  it('asks at once and then every ten seconds, once for all servers', async () => {
    start()
    await pass(30_000)
    expect(asked()).toBe(4)
    expect(read.mock.calls[1]?.[0]).toEqual([3, 8])
  })

  it('asks every four seconds while something of this tab is open', async () => {
    ownOpen.value = true
    start()
    await pass(12_000)
    expect(asked()).toBe(4)
  })

  it('asks soon after an action of this tab, then keeps the four seconds', async () => {
    start()
    await pass(1_000)
    ownOpen.value = true
    polling.soon(1_000)
    await pass(1_000)
    expect(asked()).toBe(2)
    await pass(4_000)
    expect(asked()).toBe(3)
  })

  it('does not put off a question that comes sooner anyway', async () => {
    start()
    await pass(9_800)
    polling.soon(1_000)
    await pass(200)
    expect(asked()).toBe(2)
  })

  it('asks once 1.5 s after the nearest planned action', async () => {
    nextActionAt.value = NOW + 3_000
    start()
    await pass(4_499)
    expect(asked()).toBe(1)
    await pass(1)
    expect(asked()).toBe(2)
    await pass(9_999)
    expect(asked()).toBe(2)
  })

  it('asks nothing while there is no server to ask about', async () => {
    ids.value = []
    start()
    await pass(60_000)
    expect(asked()).toBe(0)
    ids.value = [8]
    await nextTick()
    expect(asked()).toBe(1)
  })

  it('sends the tag of the last answer, and none for other servers', async () => {
    start()
    await pass(10_000)
    expect(read.mock.calls[0]?.[1]).toBeNull()
    expect(read.mock.calls[1]?.[1]).toBe('"1"')
    ids.value = [3]
    await nextTick()
    expect(read.mock.calls[2]?.[1]).toBeNull()
  })

  it('counts "nothing changed" as fresh, and has nothing to hand on', async () => {
    start()
    await flush()
    read.mockResolvedValue({ answer: null, etag: '"1"' })
    await pass(10_000)
    expect(onAnswer).toHaveBeenCalledTimes(1)
    expect(polling.lastAnswerAt.value).toBe(NOW + 10_000)
  })

  it('stops with its scope', async () => {
    start()
    await flush()
    scope.stop()
    await pass(60_000)
    expect(asked()).toBe(1)
  })
})

describe('polling while nobody looks', () => {
  it('asks nothing in a hidden tab, and at once on return', async () => {
    start()
    await flush()
    setVisible(false)
    await pass(300_000)
    expect(asked()).toBe(1)
    setVisible(true)
    await pass(500)
    expect(asked()).toBe(2)
  })

  it('gives up the question under way when the tab is hidden', async () => {
    read.mockReturnValue(new Promise(() => undefined))
    start()
    setVisible(false)
    expect((read.mock.calls[0]?.[2] as AbortSignal).aborted).toBe(true)
  })

  it('waits for the network, then asks at once', async () => {
    start()
    await flush()
    setOnline(false)
    await pass(60_000)
    expect(asked()).toBe(1)
    setOnline(true)
    await flush()
    expect(asked()).toBe(2)
  })
})

describe('polling through trouble', () => {
  it('backs off, counts the failures, says when it tries again, and recovers', async () => {
    read.mockRejectedValue({ status: 503 })
    start()
    await flush()
    expect(polling.failures.value).toBe(1)
    expect(polling.retryAt.value).toBe(NOW + 4_000)
    await pass(4_000)
    expect(asked()).toBe(2)
    await pass(7_999)
    expect(asked()).toBe(2)
    read.mockResolvedValue({ answer, etag: null })
    await pass(1)
    expect(polling.failures.value).toBe(0)
    expect(polling.retryAt.value).toBeNull()
    await pass(10_000)
    expect(asked()).toBe(4)
  })

  it('obeys Retry-After', async () => {
    read.mockRejectedValueOnce({ status: 429, retryAfterMs: 20_000 })
    start()
    await pass(19_999)
    expect(asked()).toBe(1)
    await pass(1)
    expect(asked()).toBe(2)
  })

  it('counts an answer that does not come as a failure', async () => {
    read.mockImplementation((_ids, _etag, signal: AbortSignal) => new Promise((_, refuse) => {
      signal.addEventListener('abort', () => refuse(new DOMException('late', 'AbortError')))
    }))
    start()
    await pass(8_000)
    expect(polling.failures.value).toBe(1)
  })

  it('lets the newest answer win, whatever arrives last', async () => {
    let finishFirst: (found: unknown) => void = () => undefined
    read.mockReturnValueOnce(new Promise((resolve) => (finishFirst = resolve)))
    start()
    await polling.refresh()
    finishFirst({ answer: { now: 'old', statuses: [] }, etag: '"old"' })
    await flush()
    expect(onAnswer).toHaveBeenCalledTimes(1)
    expect(onAnswer.mock.calls[0]?.[0]).toEqual(answer)
  })
})
