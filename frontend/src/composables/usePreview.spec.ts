import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick, ref, type EffectScope } from 'vue'

import { ApiError } from '@/api/errors'
import { previewSchedule } from '@/api/schedules'
import { flush, inScope } from '@/testing/browser'
import type { Preview, PreviewBody } from '@/domain/model'
import { usePreview } from './usePreview'

vi.mock('@/api/schedules')

const ask = vi.mocked(previewSchedule)
const question = ref<PreviewBody | null>(null)
const at = (cron: string): PreviewBody => ({ timezone: 'UTC', rules: [{ action: 'stop', cron }] })
const saying = (sentence: string): Preview => ({ occurrences: [], sentence, week_hours: null })
let scope: EffectScope
let found: ReturnType<typeof usePreview>

const type = async (cron: string, ms: number): Promise<void> => {
  question.value = at(cron)
  await nextTick()
  await vi.advanceTimersByTimeAsync(ms)
}

beforeEach(() => {
  vi.useFakeTimers()
  ask.mockReset().mockImplementation(async ({ rules }) => saying(rules?.[0]?.cron ?? ''))
  question.value = null
  ;({ made: found, scope } = inScope(() => usePreview(question)))
})

afterEach(() => {
  scope.stop()
  vi.useRealTimers()
})

describe('the preview', () => {
  it('is asked once, 300 ms after the last change', async () => {
    await type('0 1 * * *', 200)
    await type('0 2 * * *', 299)
    expect(ask).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(ask).toHaveBeenCalledTimes(1)
    expect(found.preview.value?.sentence).toBe('0 2 * * *')
  })

  it('is marked as old from the first change until the newer answer is there', async () => {
    await type('0 1 * * *', 300)
    expect(found.stale.value).toBe(false)
    await type('0 2 * * *', 0)
    expect(found.stale.value).toBe(true)
    expect(found.preview.value?.sentence).toBe('0 1 * * *')
  })

  it('never shows an answer that was overtaken', async () => {
    let late: (found: Preview) => void = () => undefined
    ask.mockReturnValueOnce(new Promise((resolve) => (late = resolve)))
    await type('0 1 * * *', 300)
    await type('0 2 * * *', 300)
    late(saying('late'))
    await flush()
    expect(found.preview.value?.sentence).toBe('0 2 * * *')
  })

  it('says what is wrong and keeps the last good answer, dimmed', async () => {
    await type('0 1 * * *', 300)
    ask.mockRejectedValueOnce(new ApiError({ status: 422, detail: 'Five fields are needed.' }))
    await type('0 1', 300)
    expect(found.error.value?.detail).toBe('Five fields are needed.')
    expect(found.stale.value).toBe(true)
    expect(found.preview.value?.sentence).toBe('0 1 * * *')
  })
})
