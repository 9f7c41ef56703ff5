/** Ctrl+S or Cmd+S on a page with a form saves it, wherever the focus is; in a dialog above it, it does nothing. */
import { onScopeDispose } from 'vue'

export function useSaveKey(form: () => HTMLElement | null, save: () => void): void {
  function onKey(event: KeyboardEvent): void {
    if (event.key.toLowerCase() !== 's' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return
    event.preventDefault()
    const { target } = event
    if (target === document.body || (target instanceof Node && form()?.contains(target))) save()
  }
  window.addEventListener('keydown', onKey)
  onScopeDispose(() => window.removeEventListener('keydown', onKey))
}
