/** Whether a person can see this tab, and whether the browser has a network. One pair of listeners for the page. */
import { readonly, ref } from 'vue'

const isVisible = (): boolean => document.visibilityState !== 'hidden'

const visible = ref(isVisible())
const online = ref(navigator.onLine !== false)

document.addEventListener('visibilitychange', () => (visible.value = isVisible()))
window.addEventListener('online', () => (online.value = true))
window.addEventListener('offline', () => (online.value = false))

export const useVisibility = () => ({ visible: readonly(visible), online: readonly(online) })
