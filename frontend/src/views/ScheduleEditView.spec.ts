import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { stubApi, type Asked } from '@/testing/browser'
import { open, press } from '@/testing/page'
import { entry, schedule, server } from '@/testing/samples'
import ScheduleEditView from './ScheduleEditView.vue'

vi.mock('vue-sonner', () => ({ toast: { success: vi.fn(), error: vi.fn() } }))

let saving: { status: number; body: unknown }
let previewing: { status: number; body: unknown }
let stored = schedule()
let log: Asked[]
let page: VueWrapper

const reply = ({ method, path }: Asked) => {
  if (path === 'schedules/preview') return previewing
  if (path === 'schedules/12' && method === 'GET') return { body: stored }
  if (path.startsWith('schedules') && method !== 'GET') return saving
  if (path.startsWith('servers/statuses')) return { body: { now: '2026-11-23T17:30:00Z', statuses: [entry()] } }
  return { body: { count: 1, results: path.startsWith('servers') ? [server()] : [] } }
}
const saves = (): Asked[] => log.filter(({ method, path }) => method !== 'GET' && path !== 'schedules/preview')
const type = async (label: string, text: string): Promise<void> => {
  const found = [...document.querySelectorAll('label')].find((each) => each.textContent.trim() === label)
  const input = document.getElementById(found?.htmlFor ?? '') as HTMLInputElement
  input.value = text
  input.dispatchEvent(new Event('input'))
  await flushPromises()
}
const choose = async (text: string): Promise<void> => {
  const found = [...document.querySelectorAll('label')].find((each) => each.textContent.trim() === text)
  found?.querySelector('input')?.click()
  await flushPromises()
}
const submit = async (): Promise<void> => {
  await page.find('form').trigger('submit')
  await flushPromises()
}

beforeEach(() => {
  vi.useFakeTimers()
  stored = schedule()
  saving = { status: 201, body: schedule() }
  previewing = { status: 200, body: { occurrences: [], sentence: 'Stop at 18:30.' } }
  log = stubApi(reply)
})

afterEach(() => {
  page.unmount()
  document.body.replaceChildren()
  vi.useRealTimers()
})

describe('a new schedule', () => {
  beforeEach(async () => {
    page = await open(ScheduleEditView, 'schedule-new', '/schedule-new?server=8')
  })

  it('is not sent while something is missing, and says what', async () => {
    await submit()
    expect(saves()).toEqual([])
    expect(page.text()).toContain('Give the schedule a name.')
    expect(page.text()).toContain('1 field needs your attention.')
  })

  it('is saved with the server it was begun at, and leads back to it', async () => {
    await type('Name', 'Evenings')
    await submit()
    expect(saves()[0]).toMatchObject({
      method: 'POST', path: 'schedules', body: { name: 'Evenings', rules: [{ action: 'stop', cron: '30 18 * * 1-5' }], servers: [8] },
    })
    expect(page.text()).toBe('elsewhere')
  })

  it('previews what will run, in the words of the API', async () => {
    await vi.advanceTimersByTimeAsync(300)
    await flushPromises()
    expect(page.text()).toContain('Stop at 18:30.')
  })

  it('carries days and time over to the cron line', async () => {
    await choose('Cron')
    expect((document.querySelector('input[placeholder="30 18 * * 1-5"]') as HTMLInputElement).value).toBe('30 18 * * 1-5')
  })

  it('shows what the API refuses at the field it is about', async () => {
    previewing = { status: 422, body: { code: 'validation', detail: '1 field.', errors: [{ pointer: '#/rules/0/cron', code: 'cron', detail: 'Minutes end at 59.' }] } }
    await choose('Cron')
    await type('Cron line', '99 1 * * *')
    await vi.advanceTimersByTimeAsync(300)
    await flushPromises()
    const input = document.querySelector('input[placeholder="30 18 * * 1-5"]')
    expect(input?.getAttribute('aria-invalid')).toBe('true')
    expect(document.getElementById(input?.getAttribute('aria-describedby')?.split(' ')[1] ?? '')?.textContent).toContain('Minutes end at 59.')
  })
})

describe('an existing schedule', () => {
  beforeEach(async () => {
    page = await open(ScheduleEditView, 'schedule', '/schedule/12')
  })

  it('is saved from the revision that was opened', async () => {
    await type('Name', 'Earlier')
    saving = { status: 200, body: schedule({ name: 'Earlier', revision: 4 }) }
    await submit()
    expect(saves()[0]).toMatchObject({ method: 'PATCH', path: 'schedules/12' })
    expect(saves()[0]?.headers.get('If-Match')).toBe('"3"')
  })

  it('overwrites what somebody else saved only when told to', async () => {
    await type('Name', 'Mine')
    saving = { status: 412, body: { code: 'revision_mismatch', detail: 'Changed meanwhile.' } }
    await submit()
    expect(page.text()).toContain('Somebody changed this schedule after you opened it.')
    stored = schedule({ revision: 9, name: 'Theirs' })
    saving = { status: 200, body: schedule({ revision: 10 }) }
    await press(page, 'Save mine over it')
    expect(saves().at(-1)?.headers.get('If-Match')).toBe('"9"')
    expect(saves().at(-1)?.body).toMatchObject({ name: 'Mine' })
  })

  it('gives up its own changes for theirs when told to', async () => {
    await type('Name', 'Mine')
    saving = { status: 412, body: { code: 'revision_mismatch', detail: 'Changed meanwhile.' } }
    await submit()
    stored = schedule({ revision: 9, name: 'Theirs' })
    await press(page, 'Load their version')
    expect(page.find('h1').text()).toBe('Edit Theirs')
    expect(page.text()).not.toContain('Somebody changed')
  })
})
