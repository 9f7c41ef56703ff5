/** Addresses and the views behind them. Everything but the sign-in needs somebody signed in. */
import { nextTick } from 'vue'
import { createRouter, createWebHistory, type RouteLocationNormalized, type RouteRecordRaw } from 'vue-router'

import { useSession } from './composables/useSession'

const ID = ':id(\\d+)'
/** A view on its way out keeps the id it was opened with; the address has that of what comes next, or none. */
export const idOf = (route: RouteLocationNormalized): { id: number } => ({ id: Number(route.params.id) })

const routes: RouteRecordRaw[] = [
  { path: '/sign-in', name: 'sign-in', component: () => import('./views/SignInView.vue'), meta: { open: true } },
  { path: '/join', name: 'join', component: () => import('./views/JoinView.vue'), meta: { open: true } },
  {
    path: '/',
    component: () => import('./views/ShellView.vue'),
    redirect: '/servers',
    children: [
      { path: 'servers', name: 'servers', component: () => import('./views/ServersView.vue'), meta: { place: 'servers' } },
      { path: `servers/${ID}`, name: 'server', component: () => import('./views/ServerView.vue'), props: idOf, meta: { place: 'servers' } },
      { path: 'schedules', name: 'schedules', component: () => import('./views/SchedulesView.vue'), meta: { place: 'schedules' } },
      { path: 'schedules/new', name: 'schedule-new', component: () => import('./views/ScheduleEditView.vue'), meta: { place: 'schedules' } },
      { path: `schedules/${ID}`, name: 'schedule', component: () => import('./views/ScheduleEditView.vue'), meta: { place: 'schedules' } },
      { path: 'accounts', name: 'accounts', component: () => import('./views/AccountsView.vue'), meta: { place: 'accounts' } },
      { path: 'activity', name: 'activity', component: () => import('./views/ActivityView.vue'), meta: { place: 'activity' } },
      { path: 'activity/changes', name: 'changes', component: () => import('./views/ChangesView.vue'), meta: { place: 'activity' } },
      { path: `operations/${ID}`, name: 'operation', component: () => import('./views/OperationView.vue'), props: idOf, meta: { place: 'activity' } },
      { path: 'team', name: 'team', component: () => import('./views/TeamView.vue') },
      { path: 'tokens', name: 'tokens', component: () => import('./views/TokensView.vue') },
      { path: ':rest(.*)*', name: 'nowhere', component: () => import('./views/NowhereView.vue') },
    ],
  },
]

export function createAppRouter() {
  const router = createRouter({
    history: createWebHistory(),
    routes,
    scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
  })
  const session = useSession()

  router.beforeEach(async (to) => {
    if (to.meta.open) return true
    const state = session.state.value === 'unknown' ? await session.load() : session.state.value
    return state === 'in' ? true : { name: 'sign-in', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
  })

  // A person on the keyboard or with a screen reader begins each page at its heading.
  router.afterEach(async (to, from, failure) => {
    if (failure || to.path === from.path || from.matched.length === 0) return
    await nextTick()
    document.querySelector<HTMLElement>('main h1[tabindex]')?.focus({ preventScroll: true })
  })

  return router
}
