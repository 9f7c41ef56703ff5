/** The coming occurrences of rules that are not saved yet, asked 300 ms after the last change. */
import { onScopeDispose, readonly, ref, shallowReadonly, shallowRef, toValue, watch, type MaybeRefOrGetter } from 'vue'

import { ApiError } from '@/api/errors'
import { previewSchedule } from '@/api/schedules'
import type { Preview, RuleBody } from '@/domain/model'

export const WAIT_MS = 300
const COUNT = 6

export interface Question { timezone: string; rules: RuleBody[] }

export function usePreview(question: MaybeRefOrGetter<Question | null>) {
  const preview = shallowRef<Preview | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const stale = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let asking: AbortController | undefined

  async function ask(body: Question): Promise<void> {
    const mine = (asking = new AbortController())
    try {
      const answer = await previewSchedule({ ...body, count: COUNT }, mine.signal)
      if (asking !== mine) return
      preview.value = answer
      error.value = null
      stale.value = false
    } catch (failure) {
      if (asking === mine && failure instanceof ApiError) error.value = failure
    }
  }

  function restart(): void {
    clearTimeout(timer)
    asking?.abort()
    asking = undefined
    stale.value = true
    const body = toValue(question)
    if (body) timer = setTimeout(() => void ask(body), WAIT_MS)
    else error.value = null
  }

  watch(() => JSON.stringify(toValue(question)), restart, { immediate: true })
  onScopeDispose(() => {
    clearTimeout(timer)
    asking?.abort()
  })

  return { preview: shallowReadonly(preview), error: shallowReadonly(error), stale: readonly(stale) }
}
