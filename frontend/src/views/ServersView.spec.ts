import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { toast } from 'vue-sonner'

import type { Server, StatusEntry, Strip } from '@/domain/model'
import { trace } from '@/composables/trace'
import { forgetTold } from '@/composables/useNotices'
import { stubApi, type Asked } from '@/testing/browser'
import { button, menu, open, press } from '@/testing/page'
import { entry, last, NOW, operation, server } from '@/testing/samples'
import { dayStrip, hold } from '@/testing/wanted'
import ServersView from './ServersView.vue'

vi.mock('vue-sonner', () => ({ toast: { success: vi.fn(), error: vi.fn(), info: vi.fn(), warning: vi.fn() } }))

const may = vi.hoisted(() => ({ operates: true }))
vi.mock('@/composables/useMay', () => ({ useMay: () => ({ operates: { get value() { return may.operates }, __v_isRef: true }, administers: { value: true, __v_isRef: true } }) }))

vi.mock('@/composables/trace', () => ({ trace: vi.fn() }))

let servers: Server[]
let statuses: StatusEntry[]
let strips: Strip[]
let asking: { status: number; body: unknown }
let log: Asked[]
let page: VueWrapper

const reply = ({ method, path }: Asked) => {
  if (path.startsWith('servers?')) return { body: { count: servers.length, results: servers } }
  if (path.startsWith('servers/statuses')) return { body: { now: new Date().toISOString(), statuses } }
  if (path.startsWith('servers/strips')) return { body: { from: '', to: '', strips } }
  if (path === 'skips') return { status: 201, body: { skips: [{ id: 90 }], remains: null } }
  if (path.startsWith('accounts')) return { body: { count: 0, results: [] } }
  if (path.startsWith('operations/')) return { body: operation() }
  if (method === 'PATCH') return { body: { ...server(), observations: [] } }
  return method === 'POST' ? asking : undefined
}
const calls = (start: string): number => log.filter(({ path }) => path.startsWith(start)).length
/** A dialog comes with its first use. */
const loaded = async (): Promise<void> => {
  await vi.dynamicImportSettled()
  await flushPromises()
}
const pass = async (ms: number): Promise<void> => {
  await vi.advanceTimersByTimeAsync(ms)
  await flushPromises()
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW })
  vi.stubGlobal('matchMedia', () => ({ matches: true, addEventListener: () => undefined, removeEventListener: () => undefined }))
  vi.clearAllMocks()
  forgetTold()
  servers = [server()]
  statuses = [entry()]
  strips = [dayStrip()]
  may.operates = true
  asking = { status: 202, body: { operations: [operation({ id: 51, state: 'requested' })], refused: [] } }
  log = stubApi(reply)
})

afterEach(() => {
  page.unmount()
  document.body.replaceChildren()
  vi.useRealTimers()
})

const start = async (path = '/servers'): Promise<void> => {
  page = await open(ServersView, 'servers', path)
  await pass(0)
}

describe('the servers', () => {
  it('show a scheduled stop by themselves, and tell it once', async () => {
    await start()
    expect(page.text()).toContain('Running')
    statuses = [entry({ status: 'stopping', transition: { action: 'stop', operation: 50, since: null } })]
    await pass(10_000)
    expect(page.text()).toContain('Stopping')
    statuses = [entry({ status: 'stopped', last_operation: last() })]
    await pass(20_000)
    expect(button(page, 'Start test1')).toBeTruthy()
    expect(toast.success).toHaveBeenCalledTimes(1)
    expect(toast.success).toHaveBeenCalledWith('Server stopped', expect.objectContaining({ description: 'test1 · by Nightly Shutdown' }))
    expect(vi.mocked(trace).mock.calls.map(([line]) => line)).toEqual([
      '   test1: running → stopping', '🔄 Auto-polling 1 server(s) in transitional state', '   test1: stopping → stopped',
    ])
  })

  it('say that a stop was sent before AWS is seen to act, and look every four seconds', async () => {
    await start()
    await press(page, 'Stop test1')
    expect(page.text()).toContain('Stop sent, waiting for AWS')
    expect(page.text()).toContain('Running')
    const before = calls('servers/statuses')
    await pass(1_000)
    statuses = [entry({ status: 'stopping', transition: { action: 'stop', operation: 51, since: null } })]
    await pass(8_000)
    expect(calls('servers/statuses') - before).toBe(3)
    expect(page.text()).not.toContain('waiting for AWS')
    statuses = [entry({ status: 'stopped', last_operation: last({ id: 51 }) })]
    await pass(4_000)
    expect(toast.success).toHaveBeenCalledWith('Server stopped', expect.objectContaining({ description: 'test1 · you asked' }))
  })

  it('take nothing for done that was refused, and say why', async () => {
    asking = { status: 409, body: { code: 'server_busy', detail: 'test1 is still busy with a start.' } }
    await start()
    await press(page, 'Stop test1')
    expect(toast.error).toHaveBeenCalledWith('Stop refused', expect.objectContaining({ description: 'test1 is still busy with a start.' }))
    expect(page.text()).not.toContain('waiting for AWS')
    expect(button(page, 'Stop test1').disabled).toBe(false)
  })

  it('pick a transition up when the page is opened in the middle of it', async () => {
    servers = [server({ status: 'stopping' })]
    statuses = [entry({ status: 'stopping' })]
    await start()
    expect(toast.success).not.toHaveBeenCalled()
    statuses = [entry({ status: 'stopped' })]
    await pass(10_000)
    expect(toast.success).toHaveBeenCalledTimes(1)
  })

  it('ask back before a protected server is stopped, and take its protection off first', async () => {
    servers = [server({ protected: true })]
    await start()
    await press(page, 'Stop test1')
    await loaded()
    expect(calls('operations')).toBe(0)
    await press(page, 'Remove protection and stop')
    expect(log.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`)).toEqual([
      'PATCH servers/8', 'POST operations',
    ])
  })

  it('are stopped together only after their names were read', async () => {
    servers = [server(), server({ id: 9, name: 'other' }), server({ id: 10, name: 'asleep', status: 'stopped' })]
    statuses = [entry(), entry({ id: 9, name: 'other' }), entry({ id: 10, name: 'asleep', status: 'stopped' })]
    await start()
    page.find<HTMLInputElement>('[aria-label="Select all servers"]').element.click()
    await pass(0)
    expect(page.text()).toContain('3 selected')
    await press(page, 'Stop 2')
    await loaded()
    expect(document.querySelector('[role=dialog]')?.textContent).toContain('other, test1.')
    expect(calls('operations')).toBe(0)
    await press(page, 'Stop')
    expect(log.find(({ method }) => method === 'POST')?.body).toEqual({ servers: [9, 8], action: 'stop' })
  })

  it('are filtered by the address', async () => {
    servers = [server(), server({ id: 9, name: 'other', status: 'stopped' })]
    statuses = [entry(), entry({ id: 9, name: 'other', status: 'stopped' })]
    await start('/servers?status=stopped')
    expect(page.findAll('tbody tr').map((row) => row.find('a').text())).toEqual(['other'])
    expect(page.text()).toContain('All 2')
  })

  it('that fill more than a page have those in need picked and counted by the API', async () => {
    const needy = { code: 'stuck', detail: '', since: null, operation: null, observation: null }
    log = stubApi((asked) => {
      const some = asked.path.includes('attention=true')
      if (asked.path.startsWith('servers?')) return { body: { count: some ? 1 : 450, results: some ? [server({ id: 9, name: 'late', attention: [needy] })] : servers } }
      return reply(asked)
    })
    await start('/servers?status=attention')
    await pass(0)
    expect(page.findAll('tbody tr').map((row) => row.find('a').text())).toEqual(['late'])
    const tabs = page.find('[aria-label="Filter by status"]')
    expect(tabs.text()).toMatch(/Needs attention\s*1/)
    expect(tabs.text()).not.toContain('450')
    expect(tabs.text()).not.toMatch(/Running\s*\d/)
  })

  it('explain an empty list and offer the next step', async () => {
    servers = []
    await start()
    expect(page.text()).toContain('No servers yet')
    expect(page.text()).toContain('Connect an account')
    expect(calls('servers/statuses')).toBe(0)
  })

  it('say why they cannot be loaded', async () => {
    log = stubApi(({ path }) => (path.startsWith('servers') ? { status: 503, body: { detail: 'The database is away.' } } : { body: { count: 0, results: [] } }))
    await start()
    expect(page.text()).toContain('The servers could not be loaded')
    expect(page.text()).toContain('The database is away.')
  })
})

describe('the day of the servers', () => {
  it('is asked for all at once, and again when a status changes, not with every look', async () => {
    servers = [server(), server({ id: 9, name: 'other' })]
    statuses = [entry(), entry({ id: 9, name: 'other' })]
    await start()
    expect(log.filter(({ path }) => path.includes('strips')).map(({ path }) => new URLSearchParams(path.split('?')[1]).get('ids'))).toEqual(['8,9'])
    await pass(20_000)
    expect(calls('servers/strips')).toBe(1)
    statuses = [entry({ status: 'stopping', transition: { action: 'stop', operation: 50, since: null } }), entry({ id: 9, name: 'other' })]
    await pass(10_000)
    expect(calls('servers/strips')).toBe(2)
  })

  it('is drawn with its words for those who cannot see it', async () => {
    await start()
    expect(page.find('td svg[role=img]').attributes('aria-label')).toMatch(/^On .* to .*Seen running/)
  })
})

describe('holds and skips on a row', () => {
  const NEXT = { action: 'stop' as const, at: '2026-11-23T19:00:00Z', local: '', timezone: 'Europe/Berlin', rule: 31, schedule: { id: 12, name: 'Office hours' } }

  it('skip the next occurrence from the menu', async () => {
    servers = [server({ next_action: NEXT })]
    statuses = [entry({ next_action: NEXT })]
    await start()
    const items = await menu(page, 'More for test1')
    expect([...items.keys()].map((words) => words.replace(/ \(.*/, ''))).toEqual(['Reboot', 'Skip next stop', 'Keep on until…', 'Stop and keep off until…'])
    ;[...items].find(([words]) => words.startsWith('Skip'))?.[1].click()
    await pass(0)
    expect(log.find(({ path }) => path === 'skips')?.body).toEqual({ rule: 31, at: NEXT.at, servers: [8] })
  })

  it('say who keeps it so, and what the rule says', async () => {
    strips = [dayStrip({ marks: [{ at: '2026-11-23T19:00:00Z', action: 'stop', state: 'skipped' }] })]
    servers = [server({ hold: hold({ reason: 'Demo' }) })]
    statuses = [entry({ hold: hold({ reason: 'Demo' }) })]
    await start()
    expect(page.find('tbody').text()).toMatch(/Kept on by Sam until \d\d:00 \(rule says \d\d:00\): Demo/)
    const items = await menu(page, 'More for test1')
    expect([...items.keys()]).toContain('Stop keeping it on')
  })

  it('ask for the next day too where a hold ends in it', async () => {
    await start()
    const to = (): string => new URLSearchParams(log.findLast(({ path }) => path.startsWith('servers/strips'))?.path.split('?')[1]).get('to') ?? ''
    const midnight = Date.parse(to())
    statuses = [entry({ hold: hold({ until: new Date(midnight + 3_600_000).toISOString() }) })]
    await pass(60_000)
    expect(Date.parse(to())).toBeGreaterThan(midnight + 3_600_000)
  })

  it('are not offered to whoever may only look', async () => {
    may.operates = false
    servers = [server({ hold: hold(), next_action: NEXT })]
    statuses = [entry({ hold: hold(), next_action: NEXT })]
    await start()
    expect(page.find('tbody').text()).toContain('Kept on by Sam')
    expect(page.find('tbody').text()).not.toContain('Undo')
    expect(page.findAll('table button, table input')).toHaveLength(0)
  })
})
