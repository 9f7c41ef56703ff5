/** Whether a media query matches, as long as its scope lives. */
import { onScopeDispose, readonly, ref } from 'vue'

export function useMedia(query: string) {
  const list = matchMedia(query)
  const matches = ref(list.matches)
  const update = (event: MediaQueryListEvent): void => void (matches.value = event.matches)
  list.addEventListener('change', update)
  onScopeDispose(() => list.removeEventListener('change', update))
  return readonly(matches)
}
