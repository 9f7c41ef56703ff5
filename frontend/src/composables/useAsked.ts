/** The answer to a question that changes while somebody types: asked once the typing rests, never older than it says. */
import { onScopeDispose, readonly, ref, shallowReadonly, shallowRef, toValue, watch, type MaybeRefOrGetter } from 'vue'

import { ApiError } from '@/api/errors'

export function useAsked<Question, Answer>(
  question: MaybeRefOrGetter<Question | null>, ask: (question: Question, signal: AbortSignal) => Promise<Answer>, waitMs: number,
) {
  const answer = shallowRef<Answer | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const stale = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let asking: AbortController | undefined

  async function send(asked: Question): Promise<void> {
    const mine = (asking = new AbortController())
    try {
      const found = await ask(asked, mine.signal)
      if (asking !== mine) return
      answer.value = found
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
    const asked = toValue(question)
    if (asked !== null) timer = setTimeout(() => void send(asked), waitMs)
    else error.value = null
  }

  watch(() => JSON.stringify(toValue(question)), restart, { immediate: true })
  onScopeDispose(() => {
    clearTimeout(timer)
    asking?.abort()
  })

  return { answer: shallowReadonly(answer), error: shallowReadonly(error), stale: readonly(stale) }
}
