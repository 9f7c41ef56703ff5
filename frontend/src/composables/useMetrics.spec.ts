import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick, ref, type EffectScope } from 'vue'

import { readMetrics } from '@/api/servers'
import type { Metrics, Status } from '@/domain/model'
import { inScope, setVisible } from '@/testing/browser'
import { useMetrics } from './useMetrics'

vi.mock('@/api/servers')

const read = vi.mocked(readMetrics)
const waiting: Metrics = { state: 'waiting', note: 'The first point comes in about 5 minutes.', series: [] }
const status = ref<Status>('running')
const inView = ref(true)
let scope: EffectScope
let metrics: ReturnType<typeof useMetrics>['metrics']

const start = (): void => {
  const { made, scope: own } = inScope(() => useMetrics(() => ({ id: 8, status: status.value, inView: inView.value })))
  metrics = made.metrics
  scope = own
}
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => {
  vi.useFakeTimers()
  read.mockReset().mockResolvedValue(waiting)
  status.value = 'running'
  inView.value = true
})

afterEach(() => {
  scope.stop()
  setVisible(true)
  vi.useRealTimers()
})

describe('measurements', () => {
  it('are asked for 2 s after the server runs, then every 30 s', async () => {
    status.value = 'starting'
    start()
    await pass(60_000)
    expect(read).not.toHaveBeenCalled()
    status.value = 'running'
    await nextTick()
    await pass(1_999)
    expect(read).not.toHaveBeenCalled()
    await pass(1)
    expect(read).toHaveBeenCalledTimes(1)
    await pass(60_000)
    expect(read).toHaveBeenCalledTimes(3)
  })

  it.each<Status>(['stopped', 'stopping', 'starting', 'rebooting', 'terminated', 'missing', 'unknown'])(
    'are never asked for while the server is %s', async (other) => {
      status.value = other
      start()
      await pass(120_000)
      expect(read).not.toHaveBeenCalled()
    })

  it('end and disappear when the server stops', async () => {
    start()
    await pass(2_000)
    expect(metrics.value).toEqual(waiting)
    status.value = 'stopping'
    await nextTick()
    await pass(120_000)
    expect(read).toHaveBeenCalledTimes(1)
    expect(metrics.value).toBeNull()
  })

  it('are not asked for in a hidden tab, nor for a row out of view', async () => {
    start()
    setVisible(false)
    await nextTick()
    await pass(60_000)
    setVisible(true)
    inView.value = false
    await nextTick()
    await pass(60_000)
    expect(read).not.toHaveBeenCalled()
  })

  it('keep what they had when an answer fails, and try again', async () => {
    start()
    await pass(2_000)
    read.mockRejectedValueOnce(new Error('no'))
    await pass(30_000)
    expect(metrics.value).toEqual(waiting)
    await pass(30_000)
    expect(read).toHaveBeenCalledTimes(3)
  })
})
