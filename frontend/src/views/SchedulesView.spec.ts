import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { toast } from 'vue-sonner'

import type { Hold, Imported, Schedule } from '@/domain/model'
import { stubApi, type Asked } from '@/testing/browser'
import { menu, open, press } from '@/testing/page'
import { operation, schedule, server } from '@/testing/samples'
import { hold } from '@/testing/wanted'
import SchedulesView from './SchedulesView.vue'

vi.mock('vue-sonner', () => ({ toast: { success: vi.fn(), error: vi.fn(), info: vi.fn(), warning: vi.fn() } }))
const may = vi.hoisted(() => ({ operates: true, edits: true }))
vi.mock('@/composables/useMay', () => ({ useMay: () => ({
  operates: { get value() { return may.operates }, __v_isRef: true }, edits: { get value() { return may.edits }, __v_isRef: true },
}) }))

const OFFICE = { days: ['mon' as const], from: '08:00', to: '20:00' }
const FAR = '2099-11-23T20:00:00Z'
const NOTHING: Imported = { dry_run: true, created: [], changed: [], unchanged: [], removed: [], stops_soon: [], confirm: null }
let schedules: Schedule[]
let imported: { status?: number; body: unknown }
let running: { status: number; body: unknown }
let changing: { status: number; body: unknown }[]
let held: Record<number, Hold>
let log: Asked[]
let page: VueWrapper

const reply = ({ method, path }: Asked) => {
  if (path === 'schedules/import') return imported
  if (path.endsWith('/run')) return running
  if (path.startsWith('servers?')) return { body: { count: 2, results: [server({ hold: held[8] ?? null }), server({ id: 9, name: 'web-2', hold: held[9] ?? null })] } }
  if (path.startsWith('operations')) return { body: { count: 1, results: [operation()] } }
  if (path.startsWith('servers/statuses')) return { body: { now: new Date().toISOString(), statuses: [] } }
  if (method === 'DELETE' || /\/(pause|resume)$/.test(path)) return changing.shift() ?? { status: method === 'DELETE' ? 204 : 200, body: schedule() }
  return method === 'GET' ? { body: { count: schedules.length, results: schedules } } : undefined
}
const start = async (): Promise<void> => {
  page = await open(SchedulesView, 'schedules', '/schedules')
  await flushPromises()
}
const bodies = (path: string): unknown[] => log.filter((asked) => asked.path === path).map(({ body }) => body)
const dialog = async (): Promise<HTMLElement> => vi.waitFor(() => {
  const found = document.querySelector<HTMLElement>('[role=dialog]')
  if (!found) throw new Error('No dialog yet.')
  return found
})
const submit = async (): Promise<void> => {
  document.querySelector<HTMLButtonElement>('[role=dialog] button[type=submit]')?.click()
  await flushPromises()
}

beforeEach(() => {
  vi.clearAllMocks()
  Object.assign(may, { operates: true, edits: true })
  schedules = [schedule({ servers: [8, 9] })]
  held = {}
  changing = []
  imported = { body: NOTHING }
  running = { status: 202, body: { operations: [operation({ id: 51 }), operation({ id: 52 })], refused: [], ended_holds: [] } }
  log = stubApi(reply)
})

afterEach(() => {
  page.unmount()
  document.body.replaceChildren()
})

describe('the list of schedules', () => {
  it('draws the week of windows and says its hours, and whom a tag query means', async () => {
    schedules = [schedule({ windows: [OFFICE], rules: [], week_hours: { on: 12, off: 156 }, tag_query: 'team=qa AND env!=prod' })]
    await start()
    expect(page.find('article svg[role=img]').attributes('aria-label')).toBe('12 h on, 156 h off a week: about 93 % fewer running hours.')
    expect(page.text()).toContain('1 server with team=qa AND env!=prod')
  })

  it('draws no week for single actions', async () => {
    await start()
    expect(page.find('article svg[role=img]').exists()).toBe(false)
  })

  it('says why one is paused', async () => {
    schedules = [schedule({ paused: { until: null, reason: 'Load test' } })]
    await start()
    expect(page.text()).toContain('Paused until somebody resumes it: Load test')
  })

  it('says by whose clock a pause ends where that is not the clock of the schedule', async () => {
    schedules = [schedule({ timezone: 'Pacific/Apia', paused: { until: '2026-12-24T06:00:00Z', reason: '' } })]
    await start()
    expect(page.text()).toMatch(/Paused until .*\d\d:00 your time/)
  })

  it('says by which clock its last operations were due', async () => {
    schedules = [schedule({ timezone: 'Pacific/Apia' })]
    await start()
    await press(page, 'Last operations')
    expect(page.find('article li time[title^="Due"]').text()).toMatch(/\d\d:\d\d Apia$/)
  })

  it('begins with three weeks where there is none', async () => {
    schedules = []
    await start()
    const links = page.findAll('[aria-label="Weeks to begin with"] a').map((link) => link.attributes('href'))
    expect(links).toEqual(['office', 'extended', 'nights'].map((key) => `/schedule-new?preset=${key}`))
  })

  it('offers whoever may only look nothing to change', async () => {
    Object.assign(may, { operates: false, edits: false })
    await start()
    expect([...document.querySelectorAll('button')].map(({ textContent }) => textContent.trim())).toEqual(['Last operations'])
    expect(page.findAll('a').map((link) => link.text())).toEqual(['Export YAML', 'Nightly Shutdown'])
  })
})

describe('running a schedule now', () => {
  const ask = async (): Promise<HTMLElement> => {
    await start()
    const items = await menu(page, 'Run now: Nightly Shutdown')
    items.get('Stop its servers…')?.click()
    const found = await dialog()
    await vi.waitFor(() => expect(found.textContent).toContain('web-2'))
    return found
  }

  it('names the servers and how many they are before it asks for anything', async () => {
    const asked = await ask()
    expect(asked.textContent).toContain('Stop 2 servers now?')
    expect([...asked.querySelectorAll('[aria-label=Servers] li')].map(({ textContent }) => textContent)).toEqual(['test1', 'web-2'])
    expect(bodies('schedules/12/run')).toEqual([])
    await submit()
    expect(bodies('schedules/12/run')).toEqual([{ action: 'stop' }])
    expect(toast.success).toHaveBeenCalledWith('Stop of 2 servers asked for', expect.objectContaining({ description: 'Nightly Shutdown' }))
    expect(document.querySelector('[role=dialog]')).toBeNull()
  })

  it('says whose holds it would end, and whose it has ended', async () => {
    const kept = hold({ want: 'on', until: FAR, reason: 'release night' })
    held = { 8: kept, 9: hold({ want: 'off', until: FAR }) }
    running.body = { operations: [operation({ id: 51 })], refused: [], ended_holds: [{ server: { id: 8, name: 'test1' }, hold: kept }] }
    const asked = await ask()
    const said = [...asked.querySelectorAll('[aria-label="Holds that end"] li')].map(({ textContent }) => textContent)
    expect(said).toEqual([expect.stringMatching(/^test1: Kept on by Sam until .*: release night$/)])
    expect(asked.textContent).toContain('This ends a hold')
    await submit()
    expect(toast.warning).toHaveBeenCalledWith('A hold was ended', expect.objectContaining({ description: said[0], duration: Infinity }))
  })

  it('says nothing of holds that are over, or want the same', async () => {
    held = { 8: hold({ want: 'on', until: '2020-01-01T00:00:00Z' }), 9: hold({ want: 'off', until: FAR }) }
    const asked = await ask()
    expect(asked.textContent).not.toContain('This ends')
    await submit()
    expect(toast.warning).not.toHaveBeenCalled()
  })

  it('says what was refused', async () => {
    running = { status: 202, body: { operations: [operation({ id: 51 })], refused: [{ server: 9, code: 'protected', detail: 'web-2 is protected.' }], ended_holds: [] } }
    await ask()
    await submit()
    expect(toast.error).toHaveBeenCalledWith('Stop of 1 server refused', expect.objectContaining({ description: 'web-2 is protected.' }))
  })

  it('stays open when all of it was refused', async () => {
    running = { status: 409, body: { code: 'protected', detail: 'All of them are protected.' } }
    const asked = await ask()
    await submit()
    expect(asked.querySelector('[role=alert]')?.textContent).toBe('All of them are protected.')
  })
})

describe('what stops several servers at once', () => {
  const REFUSED = { status: 409, body: { code: 'confirmation_required', detail: 'This stops 2 servers.', stops: 2, names: ['test1', 'web-2'] } }
  const type = async (text: string): Promise<void> => {
    const field = (await dialog()).querySelector('input') as HTMLInputElement
    field.value = text
    field.dispatchEvent(new Event('input'))
    await flushPromises()
  }
  const asked = async (title: string): Promise<HTMLElement> => vi.waitFor(async () => {
    const found = await dialog()
    if (!found.textContent.includes(title)) throw new Error(`Not asked: ${title}`)
    return found
  })

  it('is resumed only with their number', async () => {
    schedules = [schedule({ paused: { until: null, reason: '' } })]
    changing = [REFUSED]
    await start()
    await press(page, 'Resume Nightly Shutdown')
    const found = await asked('Stop 2 servers within five minutes?')
    expect(found.textContent).toContain('Resuming Nightly Shutdown stops 2 servers almost at once: test1, web-2.')
    await type('3')
    await submit()
    expect(bodies('schedules/12/resume')).toHaveLength(1)
    await type('2')
    expect(found.textContent).toContain('Resume and stop 2 servers')
    await submit()
    expect(bodies('schedules/12/resume')[1]).toEqual({ confirm_stops: 2 })
    expect(document.querySelector('[role=dialog]')).toBeNull()
    expect(toast.success).toHaveBeenCalledWith('Schedule resumed', expect.anything())
  })

  it('is paused only with their number, for the reason that was given', async () => {
    changing = [REFUSED]
    await start()
    await press(page, 'Pause Nightly Shutdown')
    await type('Load test')
    await submit()
    await asked('Pausing Nightly Shutdown stops 2 servers')
    await type('2')
    await submit()
    expect(bodies('schedules/12/pause')).toEqual([{ reason: 'Load test' }, { reason: 'Load test', confirm_stops: 2 }])
    expect(document.querySelector('[role=dialog]')).toBeNull()
    expect(toast.success).toHaveBeenCalledWith('Schedule paused', expect.anything())
  })

  it('is deleted only with their number', async () => {
    changing = [REFUSED]
    await start()
    await press(page, 'Delete Nightly Shutdown')
    await press(page, 'Delete schedule')
    await asked('Deleting Nightly Shutdown stops 2 servers')
    await type('2')
    await submit()
    expect(log.filter(({ method }) => method === 'DELETE').map(({ path }) => path)).toEqual(['schedules/12', 'schedules/12?confirm_stops=2'])
    expect(document.querySelector('[role=dialog]')).toBeNull()
    expect(toast.success).toHaveBeenCalledWith('Schedule deleted', expect.anything())
  })

  it('is asked about anew when the number has changed, and any other refusal is told', async () => {
    changing = [REFUSED, { status: 409, body: { ...REFUSED.body, stops: 3, names: ['test1', 'web-2', 'db-1'] } }, { status: 412, body: { code: 'revision_mismatch', detail: 'Somebody else saved first.' } }]
    await start()
    await press(page, 'Delete Nightly Shutdown')
    await press(page, 'Delete schedule')
    await asked('Stop 2 servers')
    await type('2')
    await submit()
    await asked('Stop 3 servers')
    await type('3')
    await submit()
    const found = await asked('Delete Nightly Shutdown?')
    expect(found.querySelector('[role=alert]')?.textContent).toBe('Somebody else saved first.')
  })

  it('says why one could not be resumed', async () => {
    schedules = [schedule({ paused: { until: null, reason: '' } })]
    changing = [{ status: 422, body: { code: 'validation', detail: 'No such zone.', errors: [] } }]
    await start()
    await press(page, 'Resume Nightly Shutdown')
    expect(toast.error).toHaveBeenCalledWith('Could not resume', expect.objectContaining({ description: 'Nightly Shutdown · No such zone.' }))
  })
})

describe('importing schedules', () => {
  const write = async (text: string): Promise<HTMLElement> => {
    await start()
    await press(page, 'Import YAML')
    const found = await dialog()
    const area = found.querySelector('textarea') as HTMLTextAreaElement
    area.value = text
    area.dispatchEvent(new Event('input'))
    await flushPromises()
    return found
  }

  it('shows what would change before anything does', async () => {
    imported = { body: { ...NOTHING, created: ['QA hours'], changed: [{ name: 'Nightly', fields: [{ field: 'timezone', before: 'UTC', after: 'Europe/Berlin' }] }], unchanged: ['x'] } }
    const found = await write('version: 1')
    await submit()
    expect(bodies('schedules/import')).toEqual([{ document: 'version: 1', remove_others: false, dry_run: true }])
    expect(found.textContent).toContain('1 created, 1 changed; 1 stays as it is.')
    expect(found.querySelector('del')?.textContent).toBe('UTC')
    expect(found.querySelector('ins')?.textContent).toBe('Europe/Berlin')
    await submit()
    expect(bodies('schedules/import').at(-1)).toEqual({ document: 'version: 1', remove_others: false, dry_run: false })
    expect(toast.success).toHaveBeenCalledWith('Schedules imported', expect.anything())
  })

  it('asks anew once the document is another', async () => {
    imported = { body: { ...NOTHING, removed: ['Old'] } }
    const found = await write('version: 1')
    await submit()
    expect(found.textContent).toContain('Old is deleted')
    found.querySelector<HTMLInputElement>('input[type=checkbox]')?.click()
    await flushPromises()
    expect(found.textContent).not.toContain('Old is deleted')
    await submit()
    expect(bodies('schedules/import').at(-1)).toEqual({ document: 'version: 1', remove_others: true, dry_run: true })
  })

  it('imports nothing that changes nothing', async () => {
    imported = { body: { ...NOTHING, unchanged: ['a'] } }
    const found = await write('version: 1')
    await submit()
    expect(found.textContent).toContain('Nothing changes: 1 stays as it is.')
    expect(found.querySelector<HTMLButtonElement>('button[type=submit]')?.disabled).toBe(true)
  })

  it('has the number typed before it stops several servers', async () => {
    imported = { body: { ...NOTHING, created: ['a'], stops_soon: [{ server: { id: 8, name: 'test1' }, at: '' }, { server: { id: 9, name: 'web-2' }, at: '' }], confirm: 2 } }
    const found = await write('version: 1')
    await submit()
    expect(found.textContent).toContain('Stopped within five minutes: test1, web-2.')
    expect(found.querySelector<HTMLButtonElement>('button[type=submit]')?.disabled).toBe(true)
    const typed = found.querySelector<HTMLInputElement>('input[inputmode=numeric]') as HTMLInputElement
    typed.value = '2'
    typed.dispatchEvent(new Event('input'))
    await flushPromises()
    await submit()
    expect(bodies('schedules/import').at(-1)).toMatchObject({ dry_run: false, confirm_stops: 2 })
  })

  it('says where the document is wrong', async () => {
    imported = { status: 422, body: { code: 'validation', detail: '1 field needs attention.', errors: [{ pointer: '#/schedules/0/timezone', code: 'unknown_zone', detail: 'There is no such zone.' }] } }
    const found = await write('version: 1')
    await submit()
    expect(found.querySelector('[role=alert]')?.textContent).toContain('Schedule 1, timezone: There is no such zone.')
    expect(found.querySelector('textarea')?.value).toBe('version: 1')
  })
})
