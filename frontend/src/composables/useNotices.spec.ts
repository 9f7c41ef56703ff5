import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { toast } from 'vue-sonner'

import type { Change, ChangeKind } from '@/domain/changes'
import { operation } from '@/testing/samples'
import { forgetTold, tell } from './useNotices'

vi.mock('vue-sonner', () => ({ toast: { success: vi.fn(), error: vi.fn(), info: vi.fn(), warning: vi.fn() } }))

const change = (id: number, kind: ChangeKind = 'stopped', operationId: number | null = id): Change => ({
  kind, server: { id, name: `test${id}` }, action: 'stop', operation: operationId, reason: null, detail: null, key: `${kind}:${id}`,
})
const readOperation = vi.fn()
const teller = { readOperation, isMine: (id: number) => id === 1, open: vi.fn() }
const success = vi.mocked(toast.success)

beforeEach(() => {
  vi.clearAllMocks()
  forgetTold()
  readOperation.mockResolvedValue(operation())
})
afterEach(() => vi.useRealTimers())

describe('telling about changes', () => {
  it('tells the same change once', async () => {
    await tell([change(2)], teller)
    await tell([change(2)], teller)
    expect(success).toHaveBeenCalledTimes(1)
    expect(success).toHaveBeenCalledWith('Server stopped', expect.objectContaining({ description: 'test2 · by Nightly Shutdown' }))
  })

  it('need not ask who was behind its own', async () => {
    await tell([change(1)], teller)
    expect(readOperation).not.toHaveBeenCalled()
    expect(success).toHaveBeenCalledWith('Server stopped', expect.objectContaining({ description: 'test1 · you asked' }))
  })

  it('tells without a cause when the cause cannot be read in time', async () => {
    vi.useFakeTimers()
    readOperation.mockReturnValue(new Promise(() => undefined))
    const telling = tell([change(2)], teller)
    await vi.advanceTimersByTimeAsync(2_000)
    await telling
    expect(success).toHaveBeenCalledWith('Server stopped', expect.objectContaining({ description: 'test2' }))
  })

  it('leaves a failure on screen until it is dismissed', async () => {
    await tell([change(1, 'failed')], teller)
    expect(toast.error).toHaveBeenCalledWith('Stop failed', expect.objectContaining({ duration: Infinity }))
  })

  it('leads from a failure to the whole story, and from a success nowhere', async () => {
    const failed = change(1, 'failed')
    await tell([failed, change(1)], teller)
    const { action } = vi.mocked(toast.error).mock.calls[0]?.[1] as { action: { label: string; onClick: () => void } }
    expect(action.label).toBe('Details')
    action.onClick()
    expect(teller.open).toHaveBeenCalledWith(failed)
    expect(success).toHaveBeenCalledWith('Server stopped', expect.objectContaining({ action: undefined }))
  })

  it('tells what was put back between two looks, and no other end that moved nothing', async () => {
    await tell([change(2, 'put_back')], teller)
    expect(toast.info).not.toHaveBeenCalled()
    readOperation.mockResolvedValue(operation({ origin: 'enforce' }))
    await tell([change(3, 'put_back')], teller)
    expect(toast.info).toHaveBeenCalledWith('Server put back', expect.objectContaining({ description: 'test3 · put back by Nightly Shutdown' }))
  })

  it('tells four equal changes at once as one', async () => {
    await tell([2, 3, 4, 5].map((id) => change(id)), teller)
    expect(success).toHaveBeenCalledTimes(1)
    expect(success).toHaveBeenCalledWith('4 servers stopped', expect.anything())
  })

  it('tells forty equal failures as one that stays', async () => {
    await tell(Array.from({ length: 40 }, (_, id) => ({ ...change(id, 'failed'), reason: 'denied', detail: 'AWS refused.' })), teller)
    expect(toast.error).toHaveBeenCalledTimes(1)
    expect(toast.error).toHaveBeenCalledWith('Stop failed on 40 servers', expect.objectContaining({ duration: Infinity }))
  })

  it('is quiet about what others asked for and did not run', async () => {
    await tell([change(2, 'ended')], teller)
    expect(toast.info).not.toHaveBeenCalled()
    await tell([change(1, 'ended')], teller)
    expect(toast.info).toHaveBeenCalledTimes(1)
  })
})
