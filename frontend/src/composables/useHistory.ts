/** Undo and redo for one value that several controls change. */
import { computed, shallowRef, type Ref } from 'vue'

export function useHistory<Value>(value: Ref<Value>) {
  const past = shallowRef<Value[]>([])
  const future = shallowRef<Value[]>([])
  let lastStep: string | null = null

  /** Changes of the same step, such as the letters of one time, are undone together. */
  function change(next: Value, step: string | null = null): void {
    if (step === null || step !== lastStep) past.value = [...past.value, value.value]
    lastStep = step
    future.value = []
    value.value = next
  }

  function travel(from: typeof past, to: typeof past): boolean {
    const found = from.value.at(-1)
    if (found === undefined) return false
    to.value = [...to.value, value.value]
    from.value = from.value.slice(0, -1)
    lastStep = null
    value.value = found
    return true
  }

  return {
    change,
    /** Whether there was something to take back. */
    undo: () => travel(past, future),
    redo: () => travel(future, past),
    canUndo: computed(() => past.value.length > 0),
    canRedo: computed(() => future.value.length > 0),
  }
}
