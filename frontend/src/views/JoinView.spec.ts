import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { stubApi, type Asked } from '@/testing/browser'
import { open } from '@/testing/page'
import { me } from '@/testing/samples'
import JoinView from './JoinView.vue'

const OPENED = { email: 'ivy@example.com', name: '', workspace: 'default', role: 'operator', kind: 'invitation', author: 'Sam' }
let opening: { status?: number; body: unknown }
let joining: { status?: number; body: unknown }
let signingIn: { status?: number; body: unknown }
let log: Asked[]
let page: VueWrapper

const reply = ({ path }: Asked) => {
  if (path === 'auth/link') return opening
  if (path === 'auth/join') return joining
  if (path === 'me') return { body: me({ email: 'ivy@example.com' }) }
  if (path.endsWith('auth/login')) return signingIn
  if (path.startsWith('auth/browser')) return { body: {} }
  return undefined
}
const start = async (): Promise<void> => {
  page = await open(JoinView, 'join', '/join#secret')
  await flushPromises()
}
const send = async (name: string, password: string): Promise<void> => {
  await page.find('input[autocomplete=name]').setValue(name)
  await page.find('input[type=password]').setValue(password)
  await page.find('form').trigger('submit')
  await flushPromises()
}

beforeEach(() => {
  opening = { body: OPENED }
  signingIn = { body: {} }
  joining = { body: { email: 'ivy@example.com' } }
  log = stubApi(reply)
})

afterEach(() => {
  page.unmount()
})

describe('a link to set a password', () => {
  it('says who invites to what, and lets straight in', async () => {
    await start()
    expect(log.find(({ path }) => path === 'auth/link')?.body).toEqual({ link: 'secret' })
    expect(page.text()).toContain('Sam invites you to default as operator. You will sign in as ivy@example.com.')
    await send(' Ivy ', 'correct horse battery')
    expect(log.find(({ path }) => path === 'auth/join')?.body).toEqual({ link: 'secret', name: 'Ivy', password: 'correct horse battery' })
    expect(log.find(({ path, method }) => method === 'POST' && path.endsWith('login'))?.body).toEqual({ email: 'ivy@example.com', password: 'correct horse battery' })
    expect(page.text()).toBe('elsewhere')
  })

  it('that was used leads to the sign-in, whatever went wrong behind it', async () => {
    signingIn = { status: 429, body: {} }
    await start()
    await send('Ivy', 'correct horse battery')
    expect(page.text()).toBe('elsewhere')
    expect(log.filter(({ path }) => path === 'auth/join')).toHaveLength(1)
  })

  it('is looked at anew where another takes its place in the same tab', async () => {
    opening = { status: 410, body: { code: 'link_gone', detail: 'This link was used.' } }
    await start()
    opening = { body: OPENED }
    await page.vm.$router.push('/join#other')
    await flushPromises()
    expect(log.filter(({ path }) => path === 'auth/link').map(({ body }) => body)).toEqual([{ link: 'secret' }, { link: 'other' }])
    expect(page.text()).toContain('Sam invites you')
  })

  it('of a member sets a new one and keeps their name', async () => {
    opening = { body: { ...OPENED, kind: 'reset', name: 'Ivy' } }
    await start()
    expect(page.text()).toContain('Set a new password')
    expect(page.text()).toContain('You are signed out everywhere else.')
    expect((page.find('input[autocomplete=name]').element as HTMLInputElement).value).toBe('Ivy')
  })

  it('that is gone leads to the sign-in', async () => {
    opening = { status: 410, body: { code: 'link_gone', detail: 'This link was used.' } }
    await start()
    expect(page.find('[role=alert]').text()).toBe('This link was used.')
    expect(page.find('a').text()).toBe('Sign in instead')
  })

  it('says at the field why a password is refused', async () => {
    joining = { status: 422, body: { code: 'validation', detail: '1 field.', errors: [{ pointer: '#/password', code: 'weak_password', detail: 'Too short.' }] } }
    await start()
    await send('Ivy', 'short')
    expect(page.text()).toContain('Too short.')
    expect(page.text()).not.toContain('1 field.')
  })
})
