import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { toast } from 'vue-sonner'

import type { OperationDetail } from '@/domain/model'
import { stubApi, type Asked } from '@/testing/browser'
import { open, press } from '@/testing/page'
import { operation } from '@/testing/samples'
import OperationView from './OperationView.vue'

vi.mock('vue-sonner', () => ({ toast: { success: vi.fn(), error: vi.fn(), info: vi.fn(), warning: vi.fn() } }))
const may = vi.hoisted(() => ({ operates: true }))
vi.mock('@/composables/useMay', () => ({ useMay: () => ({ operates: { get value() { return may.operates }, __v_isRef: true } }) }))

const STEPS = [
  { at: '2026-11-23T17:30:00Z', what: 'requested', text: 'Stop was due by the schedule Nightly Shutdown.', call: null, request_id: null },
  { at: '2026-11-23T17:30:01Z', what: 'sending', text: 'Sent to EC2.', call: 4, request_id: null },
  { at: '2026-11-23T17:30:05Z', what: 'accepted', text: 'EC2 accepted the request.', call: 4, request_id: '7f-1' },
]
let shown: OperationDetail
let answer: { status: number; body: unknown }
let log: Asked[]
let page: VueWrapper

const reply = ({ method, path }: Asked) => {
  if (method === 'POST') return answer
  return path.startsWith('operations/') ? { body: shown } : { body: { now: new Date().toISOString(), statuses: [] } }
}
const start = async (): Promise<void> => {
  page = await open(OperationView, 'operation', '/operation/50')
}
const posts = (): string[] => log.filter(({ method }) => method === 'POST').map(({ path }) => path)

beforeEach(() => {
  may.operates = true
  vi.clearAllMocks()
  shown = { ...operation({ state: 'failed', reason: 'denied', detail: 'The role lacks ec2:StopInstances.', can_retry: true, request_id: '7f-1' }), steps: STEPS }
  answer = { status: 202, body: { operation: operation({ id: 51, state: 'requested', retry_of: 50 }) } }
  log = stubApi(reply)
})

afterEach(() => {
  page.unmount()
  document.body.replaceChildren()
})

describe('an operation', () => {
  it('is told step by step, with the pauses and the request at AWS', async () => {
    await start()
    const steps = page.find('ol[aria-label=Steps]')
    expect(steps.findAll('li').map((step) => step.find('p').text())).toEqual(STEPS.map(({ text }) => text))
    expect(steps.text()).toContain('4 s later')
    expect(page.text()).toContain('The role lacks ec2:StopInstances.')
    expect(page.find('[aria-label="Copy AWS request 7f-1"]').exists()).toBe(true)
  })

  it('leads to the one it tries again', async () => {
    shown = { ...shown, retry_of: 49 }
    await start()
    expect(page.findAll('a').find((link) => link.text() === 'Operation 49')?.attributes('href')).toBe('/operation/49')
  })

  it('is only looked at by whoever may do no more', async () => {
    may.operates = false
    await start()
    expect(page.findAll('main button, .card button').map((each) => each.text()).filter((text) => /Retry|Cancel/.test(text))).toEqual([])
  })

  it('is tried again at once, and the new one is shown', async () => {
    await start()
    await press(page, 'Retry')
    expect(posts()).toEqual(['operations/50/retry'])
    expect(log.at(-1)?.path).not.toBe('operations/50')
    expect(log.some(({ path }) => path === 'operations/51')).toBe(true)
  })

  it('that may have rebooted the server is tried again only after that was read', async () => {
    shown = { ...shown, action: 'reboot', state: 'unknown' }
    await start()
    await press(page, 'Retry')
    expect(posts()).toEqual([])
    expect(document.querySelector('[role=dialog]')?.textContent).toContain('It may have been rebooted already')
    await press(page, 'Reboot again')
    expect(posts()).toEqual(['operations/50/retry'])
  })

  it('says why it cannot be tried again', async () => {
    answer = { status: 409, body: { code: 'server_busy', detail: 'test1 is still busy with a start.' } }
    await start()
    await press(page, 'Retry')
    expect(toast.error).toHaveBeenCalledWith('Retry refused', expect.objectContaining({ description: 'test1 is still busy with a start.' }))
  })

  it('is retried in the queue when the server is busy', async () => {
    answer = { status: 409, body: { code: 'server_busy', detail: 'test1 is busy. Wait for that to end, or queue it.' } }
    await start()
    await press(page, 'Retry')
    const { action } = vi.mocked(toast.error).mock.calls[0]?.[1] as { action: { label: string; onClick: () => void } }
    expect(action.label).toBe('Queue it')
    action.onClick()
    await flushPromises()
    expect(log.filter(({ method }) => method === 'POST').map(({ body }) => body)).toEqual([null, { queue: true }])
  })

  it('that was retried leads there and offers no second retry', async () => {
    shown = { ...shown, retried_by: 52 }
    await start()
    expect(page.findAll('a').find((link) => link.text() === 'Operation 52')?.attributes('href')).toBe('/operation/52')
    expect(page.findAll('button').some((each) => each.text() === 'Retry')).toBe(false)
  })

  it('says its number, whose token asked, and the reason that was given', async () => {
    shown = { ...shown, origin: 'token', schedule: null, author: { email: 'sam@example.com', name: 'Sam' }, note: 'Before the move' }
    await start()
    for (const words of ['Operation50', 'A token of Sam', 'Before the move']) expect(page.find('dl').text()).toContain(words)
  })

  it('that waits says why and until when, and can be cancelled', async () => {
    const waiting = { code: 'no_capacity', detail: 'EC2 has no room for this instance type.', until: new Date(Date.now() + 120_500).toISOString() }
    shown = { ...shown, state: 'requested', reason: null, detail: null, can_retry: false, can_cancel: true, waiting }
    answer = { status: 200, body: operation({ state: 'cancelled' }) }
    await start()
    expect(page.text()).toContain('It waits: EC2 has no room for this instance type.')
    expect(page.text()).toContain('Next try in 2 min')
    await press(page, 'Cancel it')
    await flushPromises()
    expect(posts()).toEqual(['operations/50/cancel'])
    expect(toast.success).toHaveBeenCalledWith('Stop cancelled', expect.anything())
  })

  it('that has ended well offers nothing to press', async () => {
    shown = { ...shown, state: 'succeeded', can_retry: false }
    await start()
    expect([...document.querySelectorAll('button')].map((each) => each.textContent.trim()).filter(Boolean)).toEqual([])
  })
})
