import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'

import NavRail from './components/shell/NavRail.vue'
import { createAppRouter } from './router'
import { stubApi } from './testing/browser'

const person = {
  id: 1, email: 'a@example.com', name: '', role: 'owner', workspace: { id: 1, name: 'default', time_zone: 'UTC' },
  environment: { demo: false, plain_http: false, version: '0' },
}
// It loads whole views, which is slow on a busy machine.
const LOADING_MS = 30_000
let answer: { status: number; body: unknown }

beforeEach(() => {
  window.history.replaceState(null, '', '/')
  stubApi(() => answer)
})
afterEach(() => vi.resetModules())

const goTo = async (path: string): Promise<string> => {
  const { createAppRouter: createAnew } = await import('./router')
  const router = createAnew()
  router.onError(() => undefined)
  await router.push(path)
  await flushPromises()
  return router.currentRoute.value.fullPath
}

describe('the way in', () => {
  it('leads to the sign-in and remembers where one wanted to go', async () => {
    answer = { status: 401, body: { code: 'not_authenticated', detail: 'Sign in.' } }
    expect(await goTo('/schedules/12')).toBe('/sign-in?next=/schedules/12')
  })

  it('leads straight on for whoever is signed in', async () => {
    answer = { status: 200, body: person }
    expect(await goTo('/')).toBe('/servers')
    expect(await goTo('/servers/8')).toBe('/servers/8')
  }, LOADING_MS)

  it('says so when the API cannot tell who one is, instead of asking for a password', async () => {
    answer = { status: 503, body: { detail: 'The database is away.' } }
    await expect(goTo('/servers')).rejects.toMatchObject({ detail: 'The database is away.' })
  })

  it('asks nobody who one is before the sign-in itself', async () => {
    const log = stubApi(() => answer)
    expect(await goTo('/sign-in')).toBe('/sign-in')
    expect(log).toEqual([])
  })
})

const PLACES: [string, string][] = [
  ['/servers/8', 'Servers'], ['/schedules/new', 'Schedules'], ['/schedules/3', 'Schedules'], ['/operations/50', 'Activity'], ['/activity/changes', 'Activity'],
]

describe('the menu', () => {
  it.each(PLACES)('at %s shows that one is in %s', async (path, place) => {
    // The addresses of the page, without its guard and its views.
    const routes = createAppRouter().getRoutes().map(({ path: known, name, meta }) => ({ path: known, name, meta, component: { render: () => null } }))
    const router = createRouter({ history: createMemoryHistory(), routes })
    await router.push(path)
    const menu = mount(NavRail, { global: { plugins: [router] } })
    expect(menu.findAll('li a.is-here').map((link) => [link.text(), link.attributes('aria-current')])).toEqual([[place, 'true']])
  })
})
