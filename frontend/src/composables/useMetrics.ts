/** The measurements of one server: 2 s after it runs, then every 30 s, only while it runs and somebody looks. */
import { onScopeDispose, readonly, shallowRef, toValue, watch, type MaybeRefOrGetter } from 'vue'

import { readMetrics } from '@/api/servers'
import type { Metrics, Status } from '@/domain/model'
import { useVisibility } from './useVisibility'

export const FIRST_AFTER_MS = 2_000
export const EVERY_MS = 30_000

interface Watched { id: number; status: Status; inView?: boolean }

export function useMetrics(watched: MaybeRefOrGetter<Watched>) {
  const { visible } = useVisibility()
  const metrics = shallowRef<Metrics | null>(null)
  const failed = shallowRef(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let turn = 0

  async function read(id: number): Promise<void> {
    const mine = (turn += 1)
    try {
      const answer = await readMetrics(id)
      if (mine !== turn) return
      metrics.value = answer
      failed.value = false
    } catch {
      if (mine !== turn) return
      failed.value = true
    }
    timer = setTimeout(() => void read(id), EVERY_MS)
  }

  function stop(): void {
    turn += 1
    clearTimeout(timer)
  }

  watch(
    () => {
      const { id, status, inView = true } = toValue(watched)
      return status === 'running' && visible.value && inView ? id : null
    },
    (id, before) => {
      stop()
      if (before !== undefined && id !== before && id !== null && before !== null) metrics.value = null
      if (id !== null) timer = setTimeout(() => void read(id), FIRST_AFTER_MS)
    },
    { immediate: true },
  )
  watch(() => toValue(watched).status, (status) => {
    if (status !== 'running') metrics.value = null
  })
  onScopeDispose(stop)

  return { metrics: readonly(metrics), failed: readonly(failed) }
}
