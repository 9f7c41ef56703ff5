/** Asks before work that was not saved is left behind. */
import { onScopeDispose, ref } from 'vue'
import { onBeforeRouteLeave } from 'vue-router'

export function useLeaveGuard(isDirty: () => boolean) {
  const asking = ref(false)
  let decide: (leave: boolean) => void = () => undefined

  onBeforeRouteLeave(() => {
    if (!isDirty()) return true
    asking.value = true
    return new Promise<boolean>((resolve) => (decide = resolve))
  })

  function answer(leave: boolean): void {
    asking.value = false
    decide(leave)
  }

  const warn = (event: BeforeUnloadEvent): void => {
    if (isDirty()) event.preventDefault()
  }
  window.addEventListener('beforeunload', warn)
  onScopeDispose(() => window.removeEventListener('beforeunload', warn))
  return { asking, answer }
}
