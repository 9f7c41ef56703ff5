/** Which rows are ticked. Rows that leave the list leave the selection. */
import { computed, ref, watch } from 'vue'

export function useSelection(ids: () => readonly number[]) {
  const ticked = ref(new Set<number>())
  const selected = computed(() => ids().filter((id) => ticked.value.has(id)))

  function toggle(id: number): void {
    const next = new Set(ticked.value)
    if (!next.delete(id)) next.add(id)
    ticked.value = next
  }

  const toggleAll = (): void => {
    ticked.value = new Set(selected.value.length === ids().length ? [] : ids())
  }
  const clear = (): void => void (ticked.value = new Set())

  watch(() => ids().join(), () => (ticked.value = new Set(selected.value)))
  return { selected, toggle, toggleAll, clear }
}
