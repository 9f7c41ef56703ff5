import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'

import type { Drift } from '@/domain/model'
import { stubApi, type Asked } from '@/testing/browser'
import { open, press } from '@/testing/page'
import ChangesView from './ChangesView.vue'

vi.mock('vue-sonner', () => ({ toast: { success: vi.fn(), error: vi.fn() } }))
const may = vi.hoisted(() => ({ operates: true }))
vi.mock('@/composables/useMay', () => ({ useMay: () => ({ operates: { get value() { return may.operates }, __v_isRef: true } }) }))

const change = (part: Partial<Drift> = {}): Drift => ({
  id: 9, server: { id: 8, name: 'test1', instance_id: 'i-0abc' }, before: 'running', after: 'stopped', cause: 'outside', actor: 'inside',
  reason: 'Client.InstanceInitiatedShutdown', asked_at: '2026-11-23T17:00:00Z', operation: null, schedule: { id: 12, name: 'Nightly Shutdown' },
  reaction: 'alerted', acknowledged_at: null, acknowledged_by: null, ...part,
})
let changes: Drift[]
let log: Asked[]
let page: VueWrapper

const start = async (path = '/changes'): Promise<void> => {
  page = await open(ChangesView, 'changes', path)
}

beforeEach(() => {
  may.operates = true
  changes = [change()]
  log = stubApi(({ path }) => (path.startsWith('observations?') ? { body: { count: changes.length, results: changes } } : { body: change() }))
})

afterEach(() => {
  page.unmount()
  document.body.replaceChildren()
})

describe('the changes we did not make', () => {
  it('say what, by whom, and what the schedule did', async () => {
    await start()
    expect(log[0]?.path).toBe('observations?page_size=50&cause=outside')
    for (const word of ['test1', 'from inside the server', 'Client.InstanceInitiatedShutdown', 'you were told', 'Nightly Shutdown']) expect(page.text()).toContain(word)
  })

  it('are acknowledged one by one', async () => {
    await start()
    await press(page, 'Acknowledge the change of test1')
    expect(log.find(({ method }) => method === 'POST')?.path).toBe('observations/9/acknowledge')
  })

  it('are only looked at by whoever may do no more', async () => {
    may.operates = false
    await start()
    expect(page.text()).toContain('test1')
    expect(page.findAll('[aria-label^="Acknowledge the change"]')).toHaveLength(0)
  })

  it('show only the one at work that is being acknowledged', async () => {
    changes = [change(), change({ id: 10, server: { id: 9, name: 'test2', instance_id: 'i-0abd' } })]
    await start()
    void press(page, 'Acknowledge the change of test1')
    await nextTick()
    const busy = page.findAll('[aria-label^="Acknowledge the change"]').map((each) => each.attributes('aria-busy'))
    expect(busy.filter((each) => each === 'true')).toHaveLength(1)
    await flushPromises()
  })

  it('are told in the words of the rest of the page', async () => {
    changes = [change({ before: 'stopped', after: 'pending' })]
    await start()
    expect(page.text()).toContain('stopped → starting')
  })

  it('say who acknowledged them, and ask nobody again', async () => {
    changes = [change({ acknowledged_at: '2026-11-23T17:10:00Z', acknowledged_by: 'dana@example.com' })]
    await start()
    expect(page.text()).toContain('Acknowledged by dana@example.com')
    expect(page.find('[aria-label^="Acknowledge the change"]').exists()).toBe(false)
  })

  it('are filtered by the address', async () => {
    await start('/changes?reaction=put_back&acknowledged=false')
    expect(log[0]?.path).toBe('observations?page_size=50&cause=outside&reaction=put_back&acknowledged=false')
  })

  it('lead to what put them right', async () => {
    changes = [change({ reaction: 'put_back', operation: 44 })]
    await start()
    expect(page.findAll('a').find((link) => link.text() === 'what was done')?.attributes('href')).toBe('/operation/44')
  })
})
