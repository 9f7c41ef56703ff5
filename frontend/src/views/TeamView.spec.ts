import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { toast } from 'vue-sonner'

import { useSession } from '@/composables/useSession'
import type { Invitation, Member } from '@/domain/model'
import { stubApi, type Asked } from '@/testing/browser'
import { open, press } from '@/testing/page'
import { invitation, me, member } from '@/testing/samples'
import TeamView from './TeamView.vue'

vi.mock('vue-sonner', () => ({ toast: { success: vi.fn(), error: vi.fn() } }))

const URL_ONCE = 'http://localhost/join#secret-of-the-link'
let role: string
let members: Member[]
let links: Invitation[]
let changing: { status: number; body?: unknown }
let log: Asked[]
let page: VueWrapper

const reply = ({ method, path }: Asked) => {
  if (path === 'me') return { body: me({ role }) }
  if (path.startsWith('team?')) return { body: { count: members.length, results: members } }
  if (path.startsWith('invitations?')) return { body: { count: links.length, results: links } }
  return method === 'GET' ? undefined : changing
}
const dialog = (): HTMLElement => document.querySelector('[role=dialog]') as HTMLElement
const start = async (): Promise<void> => {
  await useSession().load()
  page = await open(TeamView, 'team', '/team')
  await flushPromises()
}
const fill = async (text: string): Promise<void> => {
  const field = dialog().querySelector('input') as HTMLInputElement
  field.value = text
  field.dispatchEvent(new Event('input'))
  await flushPromises()
}
const submit = async (): Promise<void> => {
  dialog().querySelector('form')?.dispatchEvent(new Event('submit'))
  await flushPromises()
}
const sent = (method: string): Asked[] => log.filter((asked) => asked.method === method)

beforeEach(() => {
  vi.clearAllMocks()
  role = 'owner'
  members = [member(), member({ id: 5, email: 'sam@example.com', name: 'Sam', role: 'owner' })]
  links = []
  changing = { status: 201, body: { invitation: invitation(), url: URL_ONCE } }
  log = stubApi(reply)
})

afterEach(() => {
  page.unmount()
  document.body.replaceChildren()
})

describe('the team', () => {
  it('grows by a link that is shown once', async () => {
    await start()
    await press(page, 'Invite')
    await submit()
    expect(dialog().textContent).toContain('Give their e-mail address.')
    await fill('ivy@example.com')
    links = [invitation()]
    await submit()
    expect(sent('POST')[0]).toMatchObject({ path: 'invitations', body: { email: 'ivy@example.com', role: 'operator' } })
    expect(dialog().textContent).toContain(URL_ONCE)
    expect(dialog().textContent).toContain('Hand it to them yourself')
    await press(page, 'I have copied it')
    expect(document.body.textContent).not.toContain(URL_ONCE)
    expect(page.text()).toContain('ivy@example.com')
    changing = { status: 204 }
    links = []
    await press(page, 'Take back the link for ivy@example.com')
    expect(sent('DELETE')[0]?.path).toBe('invitations/7')
    expect(page.text()).not.toContain('Open links')
  })

  it('says at the field and above what was refused', async () => {
    await start()
    await press(page, 'Invite')
    await fill('ivy')
    changing = { status: 422, body: { code: 'validation', detail: '1 field.', errors: [{ pointer: '#/email', code: 'invalid', detail: 'No address.' }] } }
    await submit()
    expect(dialog().textContent).toContain('No address.')
    changing = { status: 409, body: { code: 'already_member', detail: 'They work here already.' } }
    await submit()
    expect(dialog().querySelector('[role=alert]')?.textContent).toBe('They work here already.')
  })

  it('is given other roles, and shows the true one again where that is refused', async () => {
    await start()
    const choice = page.find('select[aria-label="Role of Kim"]')
    expect(choice.findAll('option').map((each) => each.text())).toEqual(['viewer', 'operator', 'editor', 'admin', 'owner'])
    changing = { status: 409, body: { code: 'last_owner', detail: 'The only owner.' } }
    await choice.setValue('editor')
    await flushPromises()
    expect(sent('PATCH')[0]).toMatchObject({ path: 'team/6', body: { role: 'editor' } })
    expect(toast.error).toHaveBeenCalledWith('The role could not be changed', expect.objectContaining({ description: 'Kim · The only owner.' }))
    expect((page.find('select[aria-label="Role of Kim"]').element as HTMLSelectElement).value).toBe('operator')
  })

  it('takes back what whoever changes their own role may no longer do', async () => {
    changing = { status: 200, body: member({ id: 5, role: 'viewer' }) }
    await start()
    role = 'viewer'
    await page.find('select[aria-label="Role of Sam"]').setValue('viewer')
    await flushPromises()
    expect(page.findAll('button')).toHaveLength(0)
  })

  it('shows no link to whoever closed the dialog before it was made', async () => {
    let answer = (): void => undefined
    log = stubApi((asked) => (asked.method === 'POST' ? new Promise((resolve) => { answer = () => resolve(changing) }) : reply(asked)))
    await start()
    await press(page, 'Invite')
    await fill('ivy@example.com')
    await submit()
    await press(page, 'Cancel')
    answer()
    await flushPromises()
    await press(page, 'Invite')
    expect(document.body.textContent).not.toContain(URL_ONCE)
    expect(dialog().textContent).toContain('Invite somebody')
  })

  it('gets new passwords by links', async () => {
    changing = { status: 201, body: { invitation: invitation({ kind: 'reset', email: 'kim@example.com' }), url: URL_ONCE } }
    await start()
    await press(page, 'New password for Kim')
    expect(sent('POST')[0]?.path).toBe('team/6/reset')
    expect(dialog().textContent).toContain('set a new password, once, within a day')
    expect(dialog().textContent).toContain(URL_ONCE)
  })

  it('is left after a question', async () => {
    changing = { status: 204 }
    await start()
    await press(page, 'Remove Kim')
    expect(dialog().textContent).toContain('What they did stays in the activity.')
    await press(page, 'Remove from the team')
    expect(sent('DELETE')[0]?.path).toBe('team/6')
    expect(toast.success).toHaveBeenCalledWith('Member removed', expect.anything())
  })

  it('signs out whoever leaves', async () => {
    changing = { status: 204 }
    await start()
    await press(page, 'Leave the team')
    await press(page, 'Remove from the team')
    expect(sent('DELETE').map(({ path }) => path)).toEqual(['team/5', 'auth/browser/v1/auth/session'])
    expect(page.text()).toBe('elsewhere')
  })

  it('offers an admin nothing against an owner, and others nothing at all', async () => {
    role = 'admin'
    await start()
    expect(page.find('[aria-label="Remove Kim"]').exists()).toBe(true)
    expect(page.find('[aria-label="Role of Sam"]').exists()).toBe(false)
    expect(page.find('[aria-label="Leave the team"]').exists()).toBe(false)
    page.unmount()
    role = 'editor'
    log.length = 0
    await start()
    expect(page.findAll('button')).toHaveLength(0)
    expect(page.text()).not.toContain('signed in')
    expect(log.some(({ path }) => path.startsWith('invitations'))).toBe(false)
  })
})
