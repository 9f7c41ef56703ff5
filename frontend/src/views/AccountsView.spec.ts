import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { Account, Limit } from '@/domain/model'
import { stubApi, type Asked } from '@/testing/browser'
import { button, open, press } from '@/testing/page'
import AccountsView from './AccountsView.vue'

vi.mock('vue-sonner', () => ({ toast: { success: vi.fn(), error: vi.fn() } }))
const may = vi.hoisted(() => ({ administers: true }))
vi.mock('@/composables/useMay', () => ({ useMay: () => ({ administers: { get value() { return may.administers }, __v_isRef: true } }) }))

const account = (part: Partial<Account> = {}): Account => ({
  id: 2, name: 'Staging', kind: 'role', aws_account_id: null, role_arn: 'arn:aws:iam::123456789012:role/Cloudevy', external_id: 'cvy-1',
  access_key_last4: null, status: 'ok', last_error: null, checked_at: null, created_at: '', servers: 3,
  regions: [{ id: 1, name: 'eu-central-1', enabled: true, looked_at: '2026-11-23T17:00:00Z', discovered_at: '2026-11-23T17:00:00Z', look_error: null, servers: 3 }],
  health: { state: 'ok', since: null, detail: null, denied_actions: [], regions_unreadable: [], slowed: [] },
  ...part,
})
const AWS = { requests: 5, requests_refill: 2, servers: 1000, servers_refill: 2 }
const limit = (part: Partial<Limit> = {}): Limit => ({
  region: { id: 1, name: 'eu-central-1' }, action: 'start', aws: AWS, custom: null, learned: null, effective: AWS, tokens: null, ...part,
})
let accounts: Account[]
let limits: Limit[]
let adding: { status: number; body: unknown }
let log: Asked[]
let page: VueWrapper

const reply = ({ method, path }: Asked) => {
  if (path.startsWith('accounts?')) return { body: { count: accounts.length, results: accounts } }
  if (path === 'accounts' && method === 'POST') return adding
  if (path.endsWith('/limits')) return { body: method === 'PATCH' ? limits[0] : limits }
  if (method === 'DELETE') return { status: 204 }
  return { status: method === 'POST' ? 202 : 200, body: { ...accounts[0], policies: { trust: { Sid: 'trust' }, permissions: { Sid: 'permissions' } } } }
}
const start = async (path = '/accounts'): Promise<void> => {
  page = await open(AccountsView, 'accounts', path)
  await flushPromises()
}
const dialog = (): HTMLElement => document.querySelector('[role=dialog]') as HTMLElement
const fill = async (place: string, text: string): Promise<void> => {
  const input = dialog().querySelector(`input[placeholder="${place}"]`) as HTMLInputElement
  input.value = text
  input.dispatchEvent(new Event('input'))
  await flushPromises()
}
const send = async (): Promise<void> => {
  dialog().querySelector('form')?.dispatchEvent(new Event('submit'))
  await flushPromises()
}

beforeEach(() => {
  may.administers = true
  accounts = [account()]
  limits = [limit()]
  adding = { status: 201, body: account() }
  log = stubApi(reply)
})

afterEach(() => {
  page.unmount()
  document.body.replaceChildren()
})

describe('accounts', () => {
  it('are added with the regions that were picked', async () => {
    await start()
    await press(page, 'Add account')
    await fill('Staging', 'Partner')
    ;[...dialog().querySelectorAll('label')].find((each) => each.textContent.trim() === 'eu-west-1')?.querySelector('input')?.click()
    await flushPromises()
    await send()
    expect(log.find(({ method }) => method === 'POST')?.body).toEqual({ name: 'Partner', kind: 'role', regions: ['eu-west-1'] })
    expect(dialog()).toBeNull()
  })

  it('say at the field what is missing, and what the API refuses', async () => {
    await start()
    await press(page, 'Add account')
    await send()
    expect(dialog().textContent).toContain('Give the account a name.')
    expect(dialog().textContent).toContain('Pick at least one region.')
    expect(log.some(({ method }) => method === 'POST')).toBe(false)
  })

  it('are only looked at by whoever is no admin', async () => {
    may.administers = false
    await start('/accounts?add=1')
    expect(dialog()).toBeNull()
    expect(page.findAll('button').map((each) => each.text())).toEqual(['Request limits', 'Policies'])
    await press(page, 'Request limits')
    expect(page.findAll('button[aria-label^="Change the"]')).toHaveLength(0)
    page.unmount()
    accounts = []
    await start()
    expect(page.findAll('button')).toHaveLength(0)
  })

  it('without a role yet show the policies to create it with', async () => {
    accounts = [account({ role_arn: null })]
    await start()
    expect(page.text()).toContain('Needs its role')
    expect(page.text()).toContain('cvy-1')
    expect(page.text()).toContain('12 digits')
    expect(page.findAll('pre').map((each) => each.text())).toEqual([expect.stringContaining('trust'), expect.stringContaining('permissions')])
    expect(button(page, 'Test Staging').disabled).toBe(true)
  })

  it('without a role yet are not called broken', async () => {
    accounts = [account({ role_arn: null, health: { state: 'unusable', since: null, detail: 'Enter it again.', denied_actions: [], regions_unreadable: ['eu-central-1'], slowed: [] } })]
    await start()
    expect(page.text()).not.toContain('Enter it again.')
  })

  it('that fail say why in words', async () => {
    accounts = [account({ health: { state: 'denied', since: null, detail: 'AWS refused to hand out the role.', denied_actions: [], regions_unreadable: [], slowed: [] } })]
    await start()
    expect(page.find('.pill').text()).toBe('Denied')
    expect(page.text()).toContain('AWS refused to hand out the role.')
  })

  it('that could be looked at after a test that failed show nothing of it', async () => {
    accounts = [account({ status: 'unreachable', last_error: { code: 'upstream_timeout', detail: 'Test again in a minute.' } })]
    await start()
    expect(page.find('.pill').text()).toBe('Connected')
    expect(page.text()).not.toContain('Test again in a minute.')
  })

  it('that cannot be looked at say so once, with what AWS refuses in its own words', async () => {
    const denied = { action: 'stop', code: 'UnauthorizedOperation', message: 'You are not authorized.', region: 'eu-central-1', since: '2026-11-23T17:00:00Z', last: '2026-11-23T17:00:00Z' }
    accounts = [account({ health: { state: 'denied', since: '2026-11-23T17:00:00Z', detail: 'Allow ec2:StopInstances.', denied_actions: [denied], regions_unreadable: [], slowed: [] } })]
    await start()
    expect(page.text().split('Allow ec2:StopInstances.')).toHaveLength(2)
    expect(page.find('section[aria-label="Actions AWS refuses"]').text()).toContain('You are not authorized.')
    expect(page.find('.pill').text()).toBe('Actions denied')
  })

  it('that no region of can be looked at say so once, and not at every region', async () => {
    const detail = 'The role cannot be assumed. AWS says: AccessDenied: no.'
    const unread = account().regions.map((region) => ({ ...region, look_error: detail }))
    accounts = [account({
      regions: [...unread, ...unread.map((region) => ({ ...region, id: 2, name: 'eu-west-1' }))],
      health: { state: 'denied', since: null, detail, denied_actions: [], regions_unreadable: ['eu-central-1', 'eu-west-1'], slowed: [] },
    })]
    await start()
    expect(page.text().split(detail)).toHaveLength(2)
    expect(page.find('ul[aria-label="Regions"]').text().split('Not read')).toHaveLength(3)
  })

  it('that AWS slows down say so without being asked', async () => {
    const slowed = [{ region: 'eu-central-1', action: 'start' as const, since: '2026-11-23T17:00:00Z', share: 0.5 }]
    accounts = [account({ health: { ...account().health, slowed } })]
    await start()
    expect(page.text()).toContain('AWS refused start in eu-central-1 as too many; half as fast since')
    expect(page.find('.pill').text()).toBe('Connected')
  })

  it('take limits of their own, and give them back', async () => {
    limits = [limit({ custom: { requests: 10, requests_refill: null, servers: null, servers_refill: null }, effective: { ...AWS, requests: 10 } })]
    await start()
    await press(page, 'Request limits')
    expect(page.find('section[aria-label="Request limits"] tbody').text()).toContain('10 + 2/s')
    await press(page, 'Change the start limit in eu-central-1')
    await fill('AWS’s: 2', '-3')
    await send()
    expect(dialog().textContent).toContain('Enter a number above zero')
    await fill('AWS’s: 5', '20')
    await fill('AWS’s: 2', '')
    await send()
    const sent = (): unknown => log.findLast(({ method }) => method === 'PATCH')?.body
    expect(sent()).toEqual({ region: 1, action: 'start', requests: 20, requests_refill: null, servers: null, servers_refill: null })
    await press(page, 'Change the start limit in eu-central-1')
    await press(page, 'Back to AWS’s')
    expect(sent()).toMatchObject({ requests: null })
  })

  it('are tested and searched on demand', async () => {
    await start()
    await press(page, 'Test Staging')
    await press(page, 'Discover Staging')
    expect(log.filter(({ method }) => method === 'POST').map(({ path }) => path)).toEqual(['accounts/2/test', 'accounts/2/discover'])
  })

  it('are deleted only after the effect was read', async () => {
    await start()
    await press(page, 'Delete Staging')
    expect(dialog().textContent).toContain('Its 3 servers leave Cloudevy')
    expect(log.some(({ method }) => method === 'DELETE')).toBe(false)
    await press(page, 'Delete account')
    expect(log.find(({ method }) => method === 'DELETE')?.path).toBe('accounts/2')
  })
})
