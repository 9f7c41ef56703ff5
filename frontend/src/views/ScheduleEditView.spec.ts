import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { stubApi, type Asked } from '@/testing/browser'
import { open, press } from '@/testing/page'
import { OFFICE } from '@/domain/presets'
import { entry, impact, NOW, schedule, server } from '@/testing/samples'
import ScheduleEditView from './ScheduleEditView.vue'

vi.mock('vue-sonner', () => ({ toast: { success: vi.fn(), error: vi.fn() } }))
const may = vi.hoisted(() => ({ edits: true }))
vi.mock('@/composables/useMay', () => ({ useMay: () => ({ edits: { get value() { return may.edits }, __v_isRef: true } }) }))

let saving: { status: number; body: unknown }
let previewing: { status: number; body: unknown }
let wouldDo = impact()
let stored = schedule()
let log: Asked[]
let page: VueWrapper

const reply = ({ method, path }: Asked) => {
  if (path === 'schedules/preview') return previewing
  if (path === 'schedules/impact') return { body: wouldDo }
  if (path === 'schedules/targets') return { body: { count: 2, servers: [{ id: 8, name: 'test1' }, { id: 9, name: 'web-qa' }] } }
  if (path === 'schedules/calendar') return { body: { dates: [{ day: '2026-12-26', note: 'Boxing Day' }], ignored: 1 } }
  if (path === 'schedules/12' && method === 'GET') return { body: stored }
  if (path.startsWith('schedules') && method !== 'GET') return saving
  if (path.startsWith('servers/statuses')) return { body: { now: '2026-11-23T17:30:00Z', statuses: [entry()] } }
  return { body: { count: 1, results: path.startsWith('servers') ? [server()] : [] } }
}
const saves = (): Asked[] => log.filter(({ method, path }) => method !== 'GET' && /^schedules(\/\d+)?$/.test(path))
const asked = (path: string): Asked[] => log.filter((each) => each.path === path)
const wait = async (ms: number): Promise<void> => {
  await vi.advanceTimersByTimeAsync(ms)
  await flushPromises()
}
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
  previewing = { status: 200, body: { occurrences: [], sentence: 'Stop at 18:30.', week_hours: { on: 60, off: 108 } } }
  wouldDo = impact()
  log = stubApi(reply)
})

afterEach(() => {
  may.edits = true
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
    expect(saves()[0]).toMatchObject({ method: 'POST', path: 'schedules', body: { name: 'Evenings', windows: [OFFICE], servers: [8] } })
    expect(page.text()).toBe('elsewhere')
  })

  it('is only tried out by whoever may not save', async () => {
    may.edits = false
    await flushPromises()
    page.unmount()
    page = await open(ScheduleEditView, 'schedule-new', '/schedule-new')
    expect([...document.querySelectorAll('button[type=submit]')]).toEqual([])
    expect(page.text()).toContain('Cancel')
  })

  it('is made of single actions where that was chosen, and keeps the hours meanwhile', async () => {
    await type('Name', 'Evenings')
    await press(page, 'Remove hours 1')
    await choose('Single actions')
    await choose('Hours on')
    expect(page.text()).toContain('Never on.')
    await choose('Single actions')
    await submit()
    expect(saves()[0]?.body).toMatchObject({ rules: [{ action: 'stop', cron: '30 18 * * 1-5' }], servers: [8] })
    expect(saves()[0]?.body).not.toHaveProperty('windows')
  })

  it('follows tags, and counts who has them while they are typed', async () => {
    await type('Name', 'QA')
    await choose('By tags')
    await type('Tags', 'team=qa')
    await wait(400)
    expect(page.text()).toContain('2 servers match now: test1, web-qa')
    await submit()
    expect(saves()[0]?.body).toMatchObject({ tag_query: 'team=qa' })
    expect(saves()[0]?.body).not.toHaveProperty('servers')
  })

  it('leaves dates out that were typed, pasted and uploaded', async () => {
    await type('Name', 'Holidays')
    await type('Date', '2026-12-25')
    await press(page, 'Add date')
    await press(page, 'Paste many')
    const area = document.querySelector('textarea') as HTMLTextAreaElement
    area.value = '2027-01-01 New Year\nsome day'
    area.dispatchEvent(new Event('input'))
    await flushPromises()
    await press(page, 'Add these dates')
    expect(area.value).toBe('some day')
    expect(page.text()).toContain('Line 1: “some day” does not begin with a date.')
    await press(page, 'From a calendar file')
    const file = document.querySelector('input[type=file]') as HTMLInputElement
    Object.defineProperty(file, 'files', { value: [new File(['BEGIN:VCALENDAR'], 'days.ics')] })
    file.dispatchEvent(new Event('change'))
    await flushPromises()
    expect(asked('schedules/calendar')[0]?.body).toEqual({ ics: 'BEGIN:VCALENDAR' })
    expect(page.text()).toContain('1 date found; 1 entry left aside.')
    await press(page, 'Remove Fri, 1 January 2027')
    await submit()
    expect(saves()[0]?.body).toMatchObject({ skip_dates: [{ day: '2026-12-25', note: '' }, { day: '2026-12-26', note: 'Boxing Day' }] })
  })

  it('says which dates have passed, and that they change nothing', async () => {
    await press(page, 'Paste many')
    const area = document.querySelector('textarea') as HTMLTextAreaElement
    area.value = '2020-12-25 Christmas\n2099-12-25 Christmas'
    area.dispatchEvent(new Event('input'))
    await flushPromises()
    await press(page, 'Add these dates')
    expect(page.text()).toContain('2 added, 2 in all. One of them has passed already and changes nothing.')
    const rows = [...document.querySelectorAll('ul[aria-label="Dates left out"] li')].map(({ textContent }) => textContent.includes('has passed'))
    expect(rows).toEqual([true, false])
  })

  it('shows a refused date and a refused hour where they stand', async () => {
    saving = { status: 422, body: { code: 'validation', detail: '3 fields.', errors: [
      { pointer: '#/windows/0/from', code: 'time', detail: 'No such time.' }, { pointer: '#/valid_to', code: 'date', detail: 'Too far away.' },
      { pointer: '#/tag_query', code: 'query', detail: 'A bracket is open.' },
    ] } }
    await type('Name', 'Wrong')
    await submit()
    expect(page.text()).toContain('No such time.')
    expect(page.text()).toContain('Too far away.')
    expect(page.text()).toContain('3 fields need your attention.')
    await choose('By tags')
    expect(page.text()).not.toContain('A bracket is open.')
  })

  it('previews what will run, in the words of the API', async () => {
    await wait(300)
    expect(page.text()).toContain('Stop at 18:30.')
    expect(page.text()).toContain('60 h on, 108 h off a week')
  })

  it('says what it would do, and what is stopped soon on the button that saves it', async () => {
    wouldDo = impact({ stops: { added: 3, removed: 0 }, stops_soon: [{ server: { id: 8, name: 'test1' }, at: new Date(NOW + 200_000).toISOString() }] })
    await wait(600)
    expect(asked('schedules/impact')[0]?.body).toMatchObject({ name: 'New schedule', windows: [OFFICE], servers: [8] })
    expect(page.text()).toContain('3 stops added.')
    expect(page.find('button[type=submit]').text()).toBe('Save: test1 stops in 3 min')
    await type('Name', 'Evenings')
    expect(page.find('button[type=submit]').text()).toBe('Create schedule')
  })

  it('warns before it is saved, once of what the panel says by itself', async () => {
    const kept = { code: 'kept_on', detail: 'The stop of New schedule falls into the hours of Office.' }
    wouldDo = impact({ servers: 0, warnings: [{ code: 'no_servers', detail: 'No server is chosen yet.' }, kept] })
    await wait(600)
    expect(page.findAll('[aria-label=Warnings] li').map((each) => each.text())).toEqual([kept.detail])
    expect(page.text()).toContain('It has no servers, so nothing changes.')
  })

  it('is saved with Ctrl+S from anywhere on the page', async () => {
    await type('Name', 'Evenings')
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 's', ctrlKey: true, bubbles: true, cancelable: true }))
    await flushPromises()
    expect(saves()).toHaveLength(1)
  })

  it('carries days and time over to the cron line', async () => {
    await choose('Single actions')
    await choose('Cron')
    expect((document.querySelector('input[placeholder="30 18 * * 1-5"]') as HTMLInputElement).value).toBe('30 18 * * 1-5')
  })

  it('shows what the API refuses at the field it is about', async () => {
    previewing = { status: 422, body: { code: 'validation', detail: '1 field.', errors: [{ pointer: '#/rules/0/cron', code: 'cron', detail: 'Minutes end at 59.' }] } }
    await choose('Single actions')
    await choose('Cron')
    await type('Cron line', '99 1 * * *')
    await wait(300)
    const input = document.querySelector('input[placeholder="30 18 * * 1-5"]')
    expect(input?.getAttribute('aria-invalid')).toBe('true')
    expect(document.getElementById(input?.getAttribute('aria-describedby')?.split(' ')[1] ?? '')?.textContent).toContain('Minutes end at 59.')
    await wait(1_000)
    expect(asked('schedules/impact')).toEqual([])
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

  it('asks what would change only once something did', async () => {
    await wait(1_000)
    expect(asked('schedules/impact')).toEqual([])
    await choose('By tags')
    await type('Tags', 'team=qa')
    await wait(1_000)
    expect(asked('schedules/impact')[0]?.body).toMatchObject({ schedule: 12, tag_query: 'team=qa' })
  })
})

describe('a schedule that somebody else changed meanwhile', () => {
  beforeEach(async () => {
    page = await open(ScheduleEditView, 'schedule', '/schedule/12')
    await type('Name', 'Mine')
    saving = { status: 412, body: { code: 'revision_mismatch', detail: 'Changed meanwhile.' } }
    stored = schedule({ revision: 9, name: 'Theirs', rules: [], windows: [OFFICE], sentence: 'On Mon-Fri.' })
    await wait(300)
    await submit()
  })

  it('is shown in both versions, with who changed what', () => {
    expect(page.text()).toContain('Somebody changed this schedule after you opened it.')
    const rows = page.findAll('[aria-label="Two versions"] tbody tr').map((row) => row.findAll('th, td').map((each) => each.text()))
    expect(rows).toEqual([
      ['In words', 'Stop at 18:30.', 'On Mon-Fri.'], ['Name', 'Mine you changed it', 'Theirs they changed it'],
      ['Hours and actions', 'Stop Mon, Tue, Wed, Thu, Fri 18:30', 'Mon, Tue, Wed, Thu, Fri 08:00–20:00 they changed it'],
    ])
  })

  it('is overwritten only when told to, and only as it was shown', async () => {
    await press(page, 'Save mine over it')
    expect(saves().at(-1)?.headers.get('If-Match')).toBe('"9"')
    expect(saves().at(-1)?.body).toMatchObject({ name: 'Mine' })
    expect(page.text()).toContain('Somebody changed this schedule after you opened it.')
    saving = { status: 200, body: schedule({ revision: 10 }) }
    await press(page, 'Save mine over it')
    expect(page.text()).toBe('elsewhere')
  })

  it('is taken over as theirs when told to', async () => {
    await press(page, 'Load their version')
    expect(page.find('h1').text()).toBe('Edit Theirs')
    expect(page.text()).not.toContain('Somebody changed')
    expect(page.find('[role=grid]').exists()).toBe(true)
  })
})

describe('a schedule that stops several servers at once', () => {
  const stops = [8, 9].map((id) => ({ server: { id, name: `test${id}` }, at: new Date(NOW + 120_000).toISOString() }))
  const confirm = async (text: string): Promise<void> => {
    const input = document.querySelector('[role=dialog] input') as HTMLInputElement
    input.value = text
    input.dispatchEvent(new Event('input'))
    await flushPromises()
  }
  const dialogButton = (): HTMLButtonElement => document.querySelector('[role=dialog] button[type=submit]') as HTMLButtonElement

  beforeEach(async () => {
    page = await open(ScheduleEditView, 'schedule', '/schedule/12')
    await type('Name', 'Earlier')
  })

  it('is saved once the number was typed', async () => {
    wouldDo = impact({ stops_soon: stops, confirm: 2 })
    await wait(600)
    await submit()
    expect(saves()).toEqual([])
    expect(document.querySelector('[role=dialog]')?.textContent).toContain('test8, test9')
    await confirm('3')
    expect(dialogButton().disabled).toBe(true)
    await confirm('2')
    saving = { status: 200, body: schedule({ revision: 4 }) }
    dialogButton().closest('form')?.dispatchEvent(new Event('submit'))
    await flushPromises()
    expect(saves()[0]?.body).toMatchObject({ name: 'Earlier', confirm_stops: 2 })
  })

  it('is asked about even when only the API knew', async () => {
    saving = { status: 409, body: { code: 'confirmation_required', detail: 'It stops 4 servers.', stops: 4 } }
    await submit()
    expect(document.querySelector('[role=dialog]')?.textContent).toContain('Stop 4 servers within five minutes?')
    await confirm('4')
    saving = { status: 200, body: schedule({ revision: 4 }) }
    dialogButton().closest('form')?.dispatchEvent(new Event('submit'))
    await flushPromises()
    expect(saves().map(({ body }) => (body as { confirm_stops?: number }).confirm_stops)).toEqual([undefined, 4])
    expect(page.text()).toBe('elsewhere')
  })
})

describe('a copy of a schedule', () => {
  it('begins as the other is, under a name of its own, and is a new one', async () => {
    stored = schedule({ rules: [], windows: [OFFICE], tag_query: 'team=qa' })
    page = await open(ScheduleEditView, 'schedule-new', '/schedule-new?copy=12')
    expect(page.find('h1').text()).toBe('New schedule')
    await submit()
    expect(saves()[0]).toMatchObject({ method: 'POST', path: 'schedules', body: { name: 'Copy of Nightly Shutdown', windows: [OFFICE], tag_query: 'team=qa' } })
  })
})
