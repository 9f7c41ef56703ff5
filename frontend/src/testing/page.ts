/** Mounts a whole view with router, queries and live statuses, over an API that the test plays. */
import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { defineComponent, h, type Component } from 'vue'
import { createMemoryHistory, createRouter, RouterView } from 'vue-router'

import { useRefetch } from '@/composables/queries'
import { provideLive } from '@/composables/useLive'
import { idOf } from '@/router'

const PLACES = ['servers', 'server', 'schedules', 'schedule-new', 'schedule', 'accounts', 'activity', 'changes', 'operation', 'tokens', 'team', 'join', 'sign-in']
const OF_ONE = ['server', 'operation']

export async function open(view: Component, name: string, path: string): Promise<VueWrapper> {
  const elsewhere = defineComponent({ render: () => h('p', 'elsewhere') })
  const routes = PLACES.map((place) => ({
    name: place, path: `/${place}/:id?`, component: place === name ? view : elsewhere, ...(OF_ONE.includes(place) && { props: idOf }),
  }))
  const router = createRouter({ history: createMemoryHistory(), routes })
  const shell = defineComponent({
    setup() {
      const refetch = useRefetch()
      provideLive(() => void refetch.servers())
      return () => h(RouterView)
    },
  })
  await router.push(path)
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const page = mount(shell, { attachTo: document.body, global: { plugins: [router, [VueQueryPlugin, { queryClient }]] } })
  await flushPromises()
  return page
}

/** Like a person, finds a button by the name it has for those who cannot see it. */
export function button(page: VueWrapper, name: string): HTMLButtonElement {
  const found = [...document.querySelectorAll('button')].find((each) => (each.getAttribute('aria-label') ?? each.textContent).trim() === name)
  if (!found) throw new Error(`No button "${name}". Shown: ${page.text().slice(0, 400)}`)
  return found
}

export async function press(page: VueWrapper, name: string): Promise<void> {
  button(page, name).click()
  await flushPromises()
}

/** Opens the menu behind that button with the keyboard and gives its items by their words. */
export async function menu(page: VueWrapper, name: string): Promise<Map<string, HTMLElement>> {
  button(page, name).dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
  await flushPromises()
  return new Map([...document.querySelectorAll<HTMLElement>('[role=menuitem]')].map((item) => [item.textContent.trim(), item]))
}
