import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { stubApi } from '@/testing/browser'
import { open, press } from '@/testing/page'
import { entry, impact, schedule, server } from '@/testing/samples'
import ScheduleEditView from './ScheduleEditView.vue'

vi.mock('vue-sonner', () => ({ toast: { success: vi.fn(), error: vi.fn() } }))
vi.mock('@/composables/useMay', () => ({ useMay: () => ({ edits: { value: true, __v_isRef: true } }) }))

const REFUSED = { code: 'invalid', detail: 'It cannot be read.', errors: [{ pointer: '#/windows/0/from', code: 'invalid', detail: 'Not a time.' }] }
let previewing: { status: number; body: unknown }
let page: VueWrapper

const input = (label: string): HTMLInputElement => {
  const found = [...document.querySelectorAll('label')].find((each) => each.textContent.trim() === label)
  return document.getElementById(found?.htmlFor ?? '') as HTMLInputElement
}
const type = async (label: string, text: string): Promise<void> => {
  input(label).value = text
  input(label).dispatchEvent(new Event('input'))
  await vi.advanceTimersByTimeAsync(1_000)
  await flushPromises()
}
const pick = async (text: string): Promise<void> => {
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
  previewing = { status: 200, body: { occurrences: [], sentence: 'On Mon-Fri 08:00-20:00.', week_hours: { on: 60, off: 108 } } }
  stubApi(({ method, path }) => {
    if (path === 'schedules/preview') return previewing
    if (path === 'schedules/impact') return { body: impact() }
    if (path.startsWith('schedules/12')) return method === 'GET' ? { body: schedule() } : { status: 412, body: { code: 'revision_mismatch', detail: 'Changed.' } }
    if (path.startsWith('servers/statuses')) return { body: { now: '2026-11-23T17:30:00Z', statuses: [entry()] } }
    return { body: { count: 1, results: path.startsWith('servers') ? [server()] : [] } }
  })
})

afterEach(() => {
  page.unmount()
  document.body.replaceChildren()
  vi.useRealTimers()
})

describe('saving what cannot be saved', () => {
  it('leads to the field that is wrong, and leads there again when asked', async () => {
    page = await open(ScheduleEditView, 'schedule-new', '/schedule-new')
    await submit()
    expect(document.activeElement).toBe(input('Name'))
    input('From').focus()
    await press(page, 'Show it')
    expect(document.activeElement).toBe(input('Name'))
  })

  it('leads to the words about the hours where no field can be pointed at', async () => {
    page = await open(ScheduleEditView, 'schedule-new', '/schedule-new')
    await type('Name', 'Evenings')
    await press(page, 'Clear')
    await submit()
    expect(document.activeElement?.textContent).toBe('Say when the servers should be on.')
  })

  it('leads to the days of an action that has none, not to its time', async () => {
    page = await open(ScheduleEditView, 'schedule-new', '/schedule-new')
    await type('Name', 'Evenings')
    await pick('Single actions')
    for (const day of ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday']) {
      document.querySelector<HTMLInputElement>(`input[aria-label="${day}"]`)?.click()
      await flushPromises()
    }
    await submit()
    expect(document.activeElement?.textContent).toBe('Choose at least one day.')
    expect(input('Time').getAttribute('aria-invalid')).toBeNull()
  })

  it('leads to both versions when somebody else has saved, and back to the top with theirs', async () => {
    page = await open(ScheduleEditView, 'schedule', '/schedule/12')
    await type('Name', 'Mine')
    await submit()
    expect(document.activeElement?.getAttribute('aria-label')).toBe('Two versions')
    await press(page, 'Load their version')
    expect(document.activeElement?.tagName).toBe('H1')
  })
})

describe('the preview of what cannot be understood', () => {
  const says = (): string => page.find('[aria-labelledby="preview-title"]').text()

  beforeEach(async () => {
    page = await open(ScheduleEditView, 'schedule-new', '/schedule-new')
    await type('Name', 'Evenings')
  })

  it('is called out of date while a time is missing, and not on its way', async () => {
    await type('From', '')
    expect(says()).toContain('out of date')
    expect(says()).toContain('This is what it said before.')
    expect(says()).not.toContain('updating')
    await type('From', '09:00')
    expect(says()).not.toContain('out of date')
  })

  it('is called out of date when it was refused', async () => {
    previewing = { status: 422, body: REFUSED }
    await type('From', '09:00')
    expect(says()).toContain('out of date')
  })
})
