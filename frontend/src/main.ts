/** Puts the page together. */
import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { createApp } from 'vue'

import { ApiError } from './api/errors'
import { onSignedOut } from './api/http'
import App from './App.vue'
import { useSession } from './composables/useSession'
// Every page, the sign-in too, follows the machine from light to dark.
import './composables/useTheme'
import { createAppRouter } from './router'
import './styles/main.css'

const MAY_PASS = [0, 502, 503, 504]

const router = createAppRouter()
const session = useSession()
const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      retry: (count, failure) => count < 1 && failure instanceof ApiError && MAY_PASS.includes(failure.status),
      retryDelay: 1_000,
    },
  },
})

onSignedOut(() => {
  if (session.state.value !== 'in') return
  session.expire()
  queryClient.clear()
  void router.push({ name: 'sign-in', query: { next: router.currentRoute.value.fullPath } })
})

// After an upgrade the files this tab would load next are gone; the new page has them under new names.
const RELOAD_AGAIN_MS = 10_000
window.addEventListener('vite:preloadError', (event) => {
  if (performance.now() < RELOAD_AGAIN_MS) return
  event.preventDefault()
  window.location.reload()
})

createApp(App).use(router).use(VueQueryPlugin, { queryClient }).mount('#app')
