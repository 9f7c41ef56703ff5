/** The present moment, once a second, by the API's clock as far as it is known. */
import { computed, onScopeDispose, readonly, ref } from 'vue'

const local = ref(Date.now())
const skew = ref(0)
let readers = 0
let timer: ReturnType<typeof setInterval> | undefined

/** The API's clock minus this machine's; a laptop with a wrong clock must not make answers look old. */
export function learnClock(serverNow: string): void {
  const told = Date.parse(serverNow)
  if (Number.isFinite(told)) skew.value = told - Date.now()
}

export const serverTime = (): number => Date.now() + skew.value
export const toLocalClock = (iso: string): number => Date.parse(iso) - skew.value

export function useNow() {
  readers += 1
  local.value = Date.now()
  timer ??= setInterval(() => (local.value = Date.now()), 1_000)
  onScopeDispose(() => {
    readers -= 1
    if (readers > 0) return
    clearInterval(timer)
    timer = undefined
  })
  return { now: computed(() => local.value + skew.value), skew: readonly(skew) }
}
