/**
 * The rhythm of asking for statuses: one batched question at a time, none while nobody looks, slower after
 * failures. Knows when to ask; what the answers mean is its caller's business.
 */
import { onScopeDispose, readonly, ref, watch } from 'vue'

import { ANSWER_WITHIN_MS, nextDelay } from '@/domain/pace'
import type { StatusAnswer } from '@/domain/model'
import { useVisibility } from './useVisibility'

export interface StatusQuestion {
  read: (ids: readonly number[], etag: string | null, signal: AbortSignal) => Promise<{ answer: StatusAnswer | null; etag: string | null }>
  ids: () => readonly number[]
  ownOpen: () => boolean
  /** Epoch milliseconds by this machine's clock. */
  nextActionAt: () => number | null
  onAnswer: (answer: StatusAnswer, askedAt: number) => void
  onAsk?: () => void
}

interface Failure { status?: number; retryAfterMs?: number | null }

export function useStatusPolling(question: StatusQuestion) {
  const { visible, online } = useVisibility()
  const failures = ref(0)
  const lastAnswerAt = ref<number | null>(null)
  const retryAt = ref<number | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined
  let plannedFor = Infinity
  let asking: AbortController | undefined
  let retryAfterMs: number | null = null
  let known: { ids: string; etag: string | null } = { ids: '', etag: null }

  const mayAsk = (): boolean => visible.value && online.value && question.ids().length > 0

  function rest(): void {
    clearTimeout(timer)
    plannedFor = Infinity
    retryAt.value = null
  }

  function plan(delay: number): void {
    rest()
    if (!mayAsk()) return
    plannedFor = Date.now() + delay
    if (failures.value > 0) retryAt.value = plannedFor
    timer = setTimeout(() => void refresh(), delay)
  }

  function planNext(): void {
    plan(nextDelay({
      now: Date.now(), failures: failures.value, retryAfterMs, ownOpen: question.ownOpen(),
      nextActionAt: question.nextActionAt(), random: Math.random(),
    }))
  }

  function succeeded(): void {
    failures.value = 0
    retryAfterMs = null
    lastAnswerAt.value = Date.now()
  }

  function failed(failure: Failure): void {
    failures.value += 1
    retryAfterMs = failure.retryAfterMs ?? null
  }

  async function ask(mine: AbortController): Promise<void> {
    const ids = question.ids()
    const asked = { ids: ids.join(), at: Date.now() }
    const etag = asked.ids === known.ids ? known.etag : null
    question.onAsk?.()
    const { answer, etag: newer } = await question.read(ids, etag, mine.signal)
    if (asking !== mine) return
    known = { ids: asked.ids, etag: newer }
    succeeded()
    if (answer) question.onAnswer(answer, asked.at)
  }

  /** Ask now. A question still under way is given up: only the newest answer counts. */
  async function refresh(): Promise<void> {
    asking?.abort()
    rest()
    if (!mayAsk()) return
    const mine = new AbortController()
    asking = mine
    const limit = setTimeout(() => mine.abort(), ANSWER_WITHIN_MS)
    try {
      await ask(mine)
    } catch (failure) {
      if (asking === mine) failed(failure as Failure)
    } finally {
      clearTimeout(limit)
    }
    if (asking !== mine) return
    asking = undefined
    planNext()
  }

  function giveUp(): void {
    asking?.abort()
    asking = undefined
    rest()
  }

  /** Ask within this time, unless that is planned already. */
  function soon(delay: number): void {
    if (asking || Date.now() + delay < plannedFor) plan(delay)
  }

  watch([visible, online], () => (mayAsk() ? void refresh() : giveUp()), { flush: 'sync' })
  watch(() => question.ids().join(), () => (mayAsk() ? void refresh() : giveUp()))
  onScopeDispose(giveUp)
  if (mayAsk()) void refresh()

  return { failures: readonly(failures), lastAnswerAt: readonly(lastAnswerAt), retryAt: readonly(retryAt), refresh, soon }
}
