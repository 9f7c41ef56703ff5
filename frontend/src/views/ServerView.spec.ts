import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { toast } from 'vue-sonner'

import type { ServerDetail } from '@/domain/model'
import { forgetTold } from '@/composables/useNotices'
import { stubApi, type Asked } from '@/testing/browser'
import { button, open, press } from '@/testing/page'
import { entry, last, operation, server } from '@/testing/samples'
import ServerView from './ServerView.vue'

vi.mock('vue-sonner', () => ({ toast: { success: vi.fn(), error: vi.fn(), info: vi.fn(), warning: vi.fn() } }))

const NOTE = { detail: 'Said in words.', since: null, operation: null, observation: null }
const STUCK = { status: 'stopping' as const, observed_state: 'stopping', stuck_since: '2026-11-23T17:00:00Z', attention: [{ ...NOTE, code: 'stuck' }] }
let shown: ServerDetail
let operations = [operation()]
let asking: { status: number; body: unknown }
let log: Asked[]
let page: VueWrapper

const reply = ({ method, path }: Asked) => {
  if (method === 'POST' && path === 'operations') return asking
  if (method === 'POST') return { body: { operation: operation({ id: 51 }) } }
  if (path === 'servers/8') return { body: shown }
  if (path.includes('timeline')) return { body: { from: '2026-11-22T17:30:00Z', to: '2026-11-24T17:30:00Z', entries: [], more: false } }
  if (path.includes('metrics')) return { body: { state: 'waiting', note: null, series: [] } }
  if (path.startsWith('servers/statuses')) return { body: { now: '2026-11-23T17:30:00Z', statuses: [{ ...entry(), ...shown }] } }
  return { body: { count: operations.length, results: path.startsWith('operations') ? operations : [] } }
}
const start = async (part: Partial<ServerDetail>): Promise<void> => {
  shown = { ...server(part), observations: [] }
  page = await open(ServerView, 'server', '/server/8')
  await flushPromises()
}
const posts = (): Asked[] => log.filter(({ method }) => method === 'POST')

beforeEach(() => {
  vi.clearAllMocks()
  forgetTold()
  operations = []
  asking = { status: 202, body: { operations: [operation({ id: 51 })], refused: [] } }
  log = stubApi(reply)
})

afterEach(() => {
  page.unmount()
  document.body.replaceChildren()
})

describe('the page of a server', () => {
  it('forces a stop only after the risk was accepted', async () => {
    await start(STUCK)
    expect(page.text()).toContain('Said in words.')
    await press(page, 'Force stop')
    const dialog = document.querySelector('[role=dialog]') as HTMLElement
    expect(dialog.textContent).toContain('file systems may be damaged')
    const really = [...dialog.querySelectorAll('button')].find((each) => each.textContent.trim() === 'Force stop') as HTMLButtonElement
    expect(really.disabled).toBe(true)
    dialog.querySelector<HTMLInputElement>('input[type=checkbox]')?.click()
    await flushPromises()
    really.click()
    await flushPromises()
    expect(posts().map(({ body }) => body)).toEqual([{ servers: [8], action: 'stop', force: true }])
  })

  it('keeps why a stop was forced', async () => {
    await start(STUCK)
    await press(page, 'Force stop')
    const dialog = document.querySelector('[role=dialog]') as HTMLElement
    const reason = dialog.querySelector<HTMLInputElement>('input[maxlength]') as HTMLInputElement
    reason.value = ' Hung since noon '
    reason.dispatchEvent(new Event('input'))
    dialog.querySelector<HTMLInputElement>('input[type=checkbox]')?.click()
    await flushPromises()
    ;[...dialog.querySelectorAll('button')].find((each) => each.textContent.trim() === 'Force stop')?.click()
    await flushPromises()
    expect(posts().map(({ body }) => body)).toEqual([{ servers: [8], action: 'stop', force: true, reason: 'Hung since noon' }])
  })

  it('asks for force once: while it is wanted or on its way there is nothing to press', async () => {
    operations = [operation({ id: 61, state: 'accepted', options: { force: true, hibernate: false } })]
    await start(STUCK)
    expect(button(page, 'Force stop asked for').disabled).toBe(true)
  })

  it('offers to queue what a busy server refuses', async () => {
    asking = { status: 409, body: { code: 'server_busy', detail: 'test1 is busy with a start (operation 3). Wait for that to end, or queue it.' } }
    await start({})
    await press(page, 'Stop test1')
    const { action } = vi.mocked(toast.error).mock.calls[0]?.[1] as { action: { label: string; onClick: () => void } }
    expect(action.label).toBe('Queue it')
    action.onClick()
    await flushPromises()
    expect(posts().map(({ body }) => body)).toEqual([{ servers: [8], action: 'stop' }, { servers: [8], action: 'stop', queue: true }])
  })

  it('offers no queue where waiting does not help', async () => {
    asking = { status: 409, body: { code: 'protected', detail: 'test1 is protected.' } }
    await start({})
    await press(page, 'Stop test1')
    expect(toast.error).toHaveBeenCalledWith('Stop refused', expect.objectContaining({ action: undefined }))
  })

  it('offers no force for a stop that is merely under way', async () => {
    await start({ ...STUCK, stuck_since: null, attention: [] })
    expect(page.text()).not.toContain('Force stop')
  })

  it('says beside a button that cannot work why', async () => {
    await start({ restrictions: [{ code: 'auto_scaling', actions: ['stop'], detail: 'Change the group instead.' }] })
    const stop = button(page, 'Stop test1')
    expect(stop.disabled).toBe(true)
    expect(document.getElementById(stop.getAttribute('aria-describedby') ?? '')?.textContent).toBe('Change the group instead.')
    expect(button(page, 'Reboot test1').disabled).toBe(false)
  })

  it('stops or hibernates a server that can do both, as one chooses', async () => {
    await start({ hibernation: true })
    await press(page, 'Stop test1')
    expect(posts()).toEqual([])
    await press(page, 'Hibernate')
    expect(posts().map(({ body }) => body)).toEqual([{ servers: [8], action: 'stop', hibernate: true }])
  })

  it('stops a server that cannot hibernate without asking', async () => {
    await start({})
    await press(page, 'Stop test1')
    expect(posts().map(({ body }) => body)).toEqual([{ servers: [8], action: 'stop' }])
  })

  it('tries a failed start again from where it is told', async () => {
    operations = [operation({ id: 60, action: 'start', state: 'failed', can_retry: true })]
    await start({ status: 'stopped', last_operation: last({ id: 60, state: 'failed' }), attention: [{ ...NOTE, code: 'start_failed', operation: 60 }] })
    await press(page, 'Retry')
    expect(posts().map(({ path }) => path)).toEqual(['operations/60/retry'])
  })

  it('takes note that somebody else changed it', async () => {
    await start({ attention: [{ ...NOTE, code: 'changed_outside', observation: 9 }] })
    await press(page, 'Acknowledge')
    expect(posts().map(({ path }) => path)).toEqual(['observations/9/acknowledge'])
  })

  it('offers nothing for one that is no longer in EC2', async () => {
    await start({ status: 'terminated', left_at: '2026-11-23T10:00:00Z' })
    expect(page.text()).toContain('No longer in EC2')
    expect(document.querySelector('[aria-label="Start test1"]')).toBeNull()
  })
})
