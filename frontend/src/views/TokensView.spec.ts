import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { useSession } from '@/composables/useSession'
import type { Token } from '@/domain/model'
import { stubApi, type Asked } from '@/testing/browser'
import { open, press } from '@/testing/page'
import { token } from '@/testing/samples'
import TokensView from './TokensView.vue'

vi.mock('vue-sonner', () => ({ toast: { success: vi.fn(), error: vi.fn() } }))

const VALUE = 'cvy_AbCdEfGh0123456789'
let tokens: Token[]
let making: { status: number; body: unknown }
let log: Asked[]
let page: VueWrapper

const reply = ({ method, path }: Asked) => {
  if (path === 'me') return { body: { id: 1, email: 'sam@example.com', name: 'Sam', role: 'editor', workspace: {}, environment: {} } }
  if (path.startsWith('tokens?')) return { body: { count: tokens.length, results: tokens } }
  if (method === 'POST') return making
  return { status: 204 }
}
const dialog = (): HTMLElement => document.querySelector('[role=dialog]') as HTMLElement
const submit = async (): Promise<void> => {
  dialog().querySelector('form')?.dispatchEvent(new Event('submit'))
  await flushPromises()
}
const put = async (what: 'input' | 'select', text: string, place = 0): Promise<void> => {
  const field = dialog().querySelectorAll<HTMLInputElement | HTMLSelectElement>(what)[place] as HTMLInputElement
  field.value = text
  field.dispatchEvent(new Event(what === 'input' ? 'input' : 'change'))
  await flushPromises()
}
const start = async (): Promise<void> => {
  await useSession().load()
  page = await open(TokensView, 'tokens', '/tokens')
  await flushPromises()
}

beforeEach(() => {
  tokens = [token()]
  making = { status: 201, body: { token: token({ id: 4, name: 'Pipeline' }), value: VALUE } }
  log = stubApi(reply)
})

afterEach(() => {
  page.unmount()
  document.body.replaceChildren()
})

describe('API tokens', () => {
  it('are made for a purpose, a role and a time, and shown once', async () => {
    await start()
    await press(page, 'Make token')
    expect([...dialog().querySelectorAll('select')[0]?.options ?? []].map(({ value }) => value)).toEqual(['viewer', 'operator', 'editor'])
    await put('input', 'Pipeline')
    await put('select', 'viewer')
    await put('select', '7', 1)
    await submit()
    const [sent] = log.filter(({ method }) => method === 'POST')
    expect(sent).toMatchObject({ path: 'tokens', body: { name: 'Pipeline', scope: 'viewer' } })
    const lasts = Date.parse((sent?.body as { expires_at: string }).expires_at) - Date.now()
    expect(lasts / 86_400_000).toBeCloseTo(7, 2)
    expect(dialog().textContent).toContain(VALUE)
    expect(dialog().textContent).toContain('this is the only time it is shown')
    await press(page, 'I have copied it')
    expect(document.body.textContent).not.toContain(VALUE)
    await press(page, 'Make token')
    expect(document.body.textContent).not.toContain(VALUE)
  })

  it('want a purpose before anything is sent', async () => {
    await start()
    await press(page, 'Make token')
    await submit()
    expect(dialog().textContent).toContain('Say what will use it.')
    expect(log.some(({ method }) => method === 'POST')).toBe(false)
  })

  it('say at the field what was refused, and everything else above', async () => {
    await start()
    making = { status: 422, body: { code: 'validation', detail: '1 field.', errors: [{ pointer: '#/scope', code: 'beyond_your_role', detail: 'Your role is viewer.' }] } }
    await press(page, 'Make token')
    await put('input', 'Pipeline')
    await submit()
    expect(dialog().textContent).toContain('Your role is viewer.')
    expect(dialog().textContent).not.toContain('1 field.')
    making = { status: 409, body: { code: 'quota_exceeded', detail: 'You have 50 tokens here.' } }
    await submit()
    expect(dialog().querySelector('[role=alert]')?.textContent).toBe('You have 50 tokens here.')
  })

  it('are revoked after a question', async () => {
    await start()
    await press(page, 'Revoke Nightly build')
    expect(dialog().textContent).toContain('Whatever uses it is refused')
    tokens = []
    await press(page, 'Revoke token')
    expect(log.find(({ method }) => method === 'DELETE')?.path).toBe('tokens/3')
    expect(page.text()).toContain('No tokens yet')
  })

  it('of others say whose they are', async () => {
    tokens = [token(), token({ id: 5, name: 'Theirs', author: { email: 'kim@example.com', name: '' } })]
    await start()
    expect(page.text()).toContain('kim@example.com')
    expect(page.text()).not.toContain('Sam')
  })
})
