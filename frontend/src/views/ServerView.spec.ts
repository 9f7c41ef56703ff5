import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { toast } from 'vue-sonner'

import type { Explanation, Hold, HoldAnswer, ServerDetail } from '@/domain/model'
import { forgetTold } from '@/composables/useNotices'
import { stubApi, type Asked } from '@/testing/browser'
import { button, open, press } from '@/testing/page'
import { entry, last, operation, server } from '@/testing/samples'
import { coming, explanation, hold } from '@/testing/wanted'
import ServerView from './ServerView.vue'

const may = vi.hoisted(() => ({ operates: true, edits: true }))
vi.mock('@/composables/useMay', () => ({ useMay: () => ({
  operates: { get value() { return may.operates }, __v_isRef: true }, edits: { get value() { return may.edits }, __v_isRef: true },
}) }))
vi.mock('vue-sonner', () => ({ toast: { success: vi.fn(), error: vi.fn(), info: vi.fn(), warning: vi.fn() } }))

const NOTE = { detail: 'Said in words.', since: null, operation: null, observation: null }
const STUCK = { status: 'stopping' as const, observed_state: 'stopping', stuck_since: '2026-11-23T17:00:00Z', attention: [{ ...NOTE, code: 'stuck' }] }
const undo = (): void => (vi.mocked(toast.success).mock.calls.at(-1)?.[1] as { action: { onClick: () => void } }).action.onClick()
let shown: ServerDetail
let operations = [operation()]
let asking: { status: number; body: unknown }
let holding: { status: number; body: unknown }
let why: Explanation
let log: Asked[]
let page: VueWrapper

const keep = <Answer>(kept: Hold | null, answer: Answer): Answer => {
  shown = { ...shown, hold: kept }
  return answer
}
const reply = ({ method, path }: Asked) => {
  if (method === 'POST' && path === 'operations') return asking
  if (method === 'POST' && path.endsWith('hold')) return keep((holding.body as HoldAnswer).hold ?? null, holding)
  if (method === 'POST' && path === 'skips') return { status: 201, body: { skips: [{ id: 90 }], remains: 'Its start tomorrow 08:00 stays.' } }
  if (method === 'POST') return { body: { operation: operation({ id: 51 }) } }
  if (path === 'servers/8') return { body: shown }
  if (path.includes('timeline')) return { body: { from: '2026-11-22T17:30:00Z', to: '2026-11-24T17:30:00Z', entries: [], more: false } }
  if (path.includes('explain')) return { body: why }
  if (method === 'DELETE' && path.startsWith('skips')) return { status: 204 }
  if (method === 'DELETE') return keep(null, { body: { operation: null } })
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
  may.operates = may.edits = true
  vi.clearAllMocks()
  forgetTold()
  operations = []
  why = explanation()
  holding = { status: 201, body: { hold: hold(), operation: null } }
  asking = { status: 202, body: { operations: [operation({ id: 51 })], refused: [] } }
  log = stubApi(reply)
})

afterEach(() => {
  page.unmount()
  document.body.replaceChildren()
})

describe('the page of a server', () => {
  it('asks about no other server on its way out', async () => {
    await start({})
    page.get('a[href^="/schedule-new"]').element.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }))
    await flushPromises()
    expect(page.text()).toBe('elsewhere')
    expect(log.filter(({ path }) => path.includes('NaN'))).toEqual([])
  })

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

  it('offers whoever may only look nothing to press', async () => {
    may.operates = may.edits = false
    await start({ attention: [{ ...NOTE, code: 'changed_outside', observation: 9 }] })
    for (const label of ['Start test1', 'Stop test1', 'Reboot test1', 'More for test1']) expect(document.querySelector(`[aria-label="${label}"]`)).toBeNull()
    expect(page.findAll('button').map((each) => each.text())).not.toContain('Acknowledge')
    expect(page.findAll('label').find((each) => each.text().startsWith('Protected'))?.find('input').attributes('disabled')).toBeDefined()
  })

  it('offers nothing for one that is no longer in EC2', async () => {
    await start({ status: 'terminated', left_at: '2026-11-23T10:00:00Z' })
    expect(page.text()).toContain('No longer in EC2')
    expect(document.querySelector('[aria-label="Start test1"]')).toBeNull()
  })
})

describe('why and what next', () => {
  const panel = (): string => document.querySelector('[aria-label="What comes next"]')?.parentElement?.parentElement?.textContent ?? ''

  it('says who decided, who did not and why, and both clocks of what comes', async () => {
    why = explanation({
      others: [{ schedule: { id: 13, name: 'Weekend batch' }, want: 'off', since: null, reason: 'paused', detail: 'It is paused.' }],
      next: [coming({ timezone: 'Asia/Kolkata', note: 'The clocks go forward that night.' })],
    })
    await start({})
    expect(panel()).toContain('Running because Office hours says on until 20:00.')
    expect(panel()).toMatch(/Office hours\s*wants it on.*decides/)
    expect(panel()).toMatch(/Weekend batch\s*wants it off\s*It is paused\./)
    expect(panel()).toMatch(/Stops tomorrow 00:30 Kolkata/)
    expect(panel()).toContain('your time')
    expect(panel()).toContain('The clocks go forward that night.')
  })

  it('skips what comes, and takes that back', async () => {
    await start({})
    const skipping = [...document.querySelectorAll('button')].find((each) => each.getAttribute('aria-label')?.startsWith('Skip stop'))
    skipping?.click()
    await flushPromises()
    expect(posts().map(({ path, body }) => [path, body])).toEqual([['skips', { rule: 31, at: '2026-11-23T19:00:00Z', servers: [8] }]])
    expect(vi.mocked(toast.success).mock.calls[0]?.[0]).toMatch(/^Stop .* skipped$/)
    expect(vi.mocked(toast.success).mock.calls[0]?.[1]).toMatchObject({ description: 'test1 · Its start tomorrow 08:00 stays.' })
    undo()
    await flushPromises()
    expect(log.filter(({ method }) => method === 'DELETE').map(({ path }) => path)).toEqual(['skips/90'])
    const [skipped, back] = vi.mocked(toast.success).mock.calls.map(([title, options]) => [title, options?.id])
    expect(back).toEqual(['Not skipped any more', skipped?.[1]])
  })

  it('strikes what is skipped and says by whom; only a skip can be taken back', async () => {
    why = explanation({ next: [
      coming({ state: 'skipped', reason: 'skipped', detail: 'Skipped by Sam.', skip: 77 }),
      coming({ at: '2026-11-24T19:00:00Z', state: 'skipped', reason: 'held', detail: 'Kept on by Dana.' }),
    ] })
    await start({})
    expect([...document.querySelectorAll('s')].map(({ textContent }) => textContent?.slice(0, 5))).toEqual(['Stops', 'Stops'])
    expect(panel()).toContain('Skipped by Sam.')
    expect(panel()).toContain('Kept on by Dana.')
    const back = [...document.querySelectorAll('button')].filter((each) => each.getAttribute('aria-label')?.startsWith('Undo skipping'))
    expect(back).toHaveLength(1)
    back[0]?.click()
    await flushPromises()
    expect(log.filter(({ method }) => method === 'DELETE').map(({ path }) => path)).toEqual(['skips/77'])
  })
})

describe('keeping a server on', () => {
  const dialog = (): HTMLElement => document.querySelector('[role=dialog]') as HTMLElement
  const submit = async (): Promise<void> => {
    dialog().querySelector<HTMLButtonElement>('button[type=submit]')?.click()
    await flushPromises()
  }
  const openDialog = async (name: string): Promise<void> => {
    await press(page, name)
    await vi.waitFor(() => expect(dialog()).not.toBeNull())
    await flushPromises()
  }

  it('says what the schedules want then, and can be undone', async () => {
    why = explanation({ want: 'off' })
    await start({})
    await openDialog('Keep on until: test1')
    expect(dialog().textContent).toContain('Keep test1 on')
    expect(dialog().textContent).toMatch(/Office hours wants it off, so it stops\./)
    expect(log.some(({ path }) => path.startsWith('servers/8/explain?at='))).toBe(true)
    await submit()
    const { body } = posts()[0] ?? {}
    expect(body).toMatchObject({ want: 'on', act: true })
    expect(page.text()).toContain('Kept on by Sam until')
    undo()
    await flushPromises()
    expect(log.filter(({ method }) => method === 'DELETE').map(({ path }) => path)).toEqual(['servers/8/hold'])
    expect(page.text()).not.toContain('Kept on by Sam')
    expect(toast.success).toHaveBeenLastCalledWith('No longer kept on', expect.objectContaining({ id: 'hold 8', action: undefined }))
  })

  it('starts a stopped one, and follows that as something this tab asked for', async () => {
    holding = { status: 201, body: { hold: hold(), operation: 51 } }
    await start({ status: 'stopped' })
    await openDialog('Start and keep on until: test1')
    await submit()
    expect(page.text()).toContain('Start sent, waiting for AWS')
  })

  it('says what was refused without losing what was written', async () => {
    holding = { status: 409, body: { code: 'protected', detail: 'test1 is protected.' } }
    await start({})
    await openDialog('Keep on until: test1')
    const reason = dialog().querySelector<HTMLInputElement>('input[maxlength]') as HTMLInputElement
    reason.value = 'Demo'
    reason.dispatchEvent(new Event('input'))
    await submit()
    expect(dialog().querySelector('[role=alert]')?.textContent).toBe('test1 is protected.')
    expect(reason.value).toBe('Demo')
    expect(posts()[0]?.body).toMatchObject({ reason: 'Demo' })
    expect(toast.success).not.toHaveBeenCalled()
  })

  it('undone brings back the hold that was there before', async () => {
    const before = hold({ id: 3, until: '2026-11-23T18:00:00Z', reason: 'Demo' })
    await start({ hold: before })
    await openDialog('Keep on until: test1')
    await submit()
    undo()
    await flushPromises()
    expect(posts().at(-1)?.body).toEqual({ want: 'on', until: before.until, reason: 'Demo', act: false })
  })

  it('ends from its badge, and stays when that was refused', async () => {
    await start({ hold: hold() })
    log = stubApi((asked) => (asked.method === 'DELETE' ? { status: 503, body: { detail: 'Away.' } } : reply(asked)))
    await press(page, 'Undo: stop keeping test1 on')
    expect(toast.error).toHaveBeenCalledWith('The hold could not be ended', expect.objectContaining({ description: 'test1 · Away.' }))
    expect(page.text()).toContain('Kept on by Sam')
  })
})
