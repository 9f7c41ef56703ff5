import { afterEach, describe, expect, it, vi } from 'vitest'

import { stubApi } from '@/testing/browser'
import { ApiError } from './errors'
import { onSignedOut } from './http'
import { askOperations } from './operations'
import { changeSchedule } from './schedules'
import { listServers, readServer, readStatuses } from './servers'
import { signIn, signOut } from './session'

const failureOf = async (asked: Promise<unknown>): Promise<ApiError> => {
  const failure: unknown = await asked.then(() => null, (error: unknown) => error)
  if (!(failure instanceof ApiError)) throw new Error(`Expected an ApiError, got ${String(failure)}`)
  return failure
}

afterEach(() => {
  document.cookie = 'csrftoken=; max-age=0'
  onSignedOut(() => undefined)
})

describe('a request', () => {
  it('carries the CSRF token when it changes something, and an idempotency key of its own', async () => {
    document.cookie = 'csrftoken=abc'
    const log = stubApi(() => ({ status: 202, body: { operations: [], refused: [] } }))
    await askOperations([8], 'stop')
    await askOperations([8], 'stop')
    expect(log[0]).toMatchObject({ method: 'POST', path: 'operations', body: { servers: [8], action: 'stop' } })
    expect(log[0]?.headers.get('X-CSRFToken')).toBe('abc')
    const keys = log.map(({ headers }) => headers.get('Idempotency-Key'))
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/)
    expect(keys[0]).not.toBe(keys[1])
  })

  it('leaves out filters that are not set', async () => {
    const log = stubApi(() => ({ body: { count: 0, results: [] } }))
    await listServers({ account: '', search: 'web', page: 1 })
    expect(log[0]?.path).toBe('servers?search=web&page_size=200&ordering=name')
  })

  it('changes a schedule only from the revision it was read at', async () => {
    const log = stubApi(() => ({ body: {} }))
    await changeSchedule(12, 3, {
      name: 'x', timezone: 'UTC', mode: 'respect', hibernate: false, grace_seconds: null, rules: [], skip_dates: [], valid_from: null, valid_to: null, servers: [],
    })
    expect(log[0]?.headers.get('If-Match')).toBe('"3"')
  })
})

describe('statuses', () => {
  it('are null when nothing changed, and keep their tag', async () => {
    const log = stubApi(() => ({ status: 304 }))
    expect(await readStatuses([3, 8], '"7"')).toEqual({ answer: null, etag: '"7"' })
    expect(log[0]?.headers.get('If-None-Match')).toBe('"7"')
  })

  it('come with their tag', async () => {
    stubApi(() => ({ body: { now: 'x', statuses: [] }, headers: { ETag: '"8"' } }))
    expect(await readStatuses([3], null)).toEqual({ answer: { now: 'x', statuses: [] }, etag: '"8"' })
  })

  it('fail as everything else fails', async () => {
    stubApi(() => ({ status: 503, body: { code: 'database_unavailable', detail: 'The database is away.' } }))
    expect(await failureOf(readStatuses([3], null))).toMatchObject({ status: 503, code: 'database_unavailable' })
  })
})

describe('every failure is one kind of error with a sentence', () => {
  it('problem+json with its fields', async () => {
    const errors = [{ pointer: '#/name', code: 'blank', detail: 'Give it a name.' }, { pointer: '#/kind', code: 'required', detail: 'Choose one.' }]
    stubApi(() => ({ status: 422, body: { code: 'validation', detail: '2 fields need attention.', errors } }))
    expect(await failureOf(readServer(1))).toMatchObject({ code: 'validation', detail: 'Give it a name. Choose one.', errors })
    stubApi(() => ({ status: 422, body: { code: 'validation', detail: 'It cannot be read.', errors: [] } }))
    expect((await failureOf(readServer(1))).detail).toBe('It cannot be read.')
  })

  it('a page of a proxy', async () => {
    vi.stubGlobal('fetch', async () => new Response('<html>Bad gateway</html>', { status: 502 }))
    expect((await failureOf(readServer(1))).detail).toContain('not answering')
  })

  it('a page where JSON should be', async () => {
    vi.stubGlobal('fetch', async () => new Response('<html>Welcome to the hotel</html>', { status: 200 }))
    expect(await failureOf(readServer(1))).toMatchObject({ code: 'malformed_answer' })
  })

  it('no answer at all', async () => {
    vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('failed')))
    expect(await failureOf(readServer(1))).toMatchObject({ status: 0, isUnreachable: true })
  })

  it('but not a question that was given up', async () => {
    const given = new AbortController()
    vi.stubGlobal('fetch', async () => {
      given.abort()
      throw new DOMException('given up', 'AbortError')
    })
    await expect(readServer(1, given.signal)).rejects.toBeInstanceOf(DOMException)
  })

  it('and being signed out is told to the session', async () => {
    const told = vi.fn()
    onSignedOut(told)
    stubApi(() => ({ status: 401, body: { code: 'not_authenticated', detail: 'Sign in.' } }))
    await failureOf(readServer(1))
    expect(told).toHaveBeenCalledTimes(1)
  })
})

describe('signing in', () => {
  const reply = (login: { status: number; body: unknown }) => ({ path }: { path: string }) =>
    path.endsWith('login') ? login : { status: 401, body: {} }

  it('fetches the CSRF cookie first', async () => {
    const log = stubApi(reply({ status: 200, body: {} }))
    await signIn('a@example.com', 'right')
    expect(log.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET auth/browser/v1/auth/session', 'POST auth/browser/v1/auth/login',
    ])
  })

  it('says the same sentence for a wrong address and a wrong password', async () => {
    stubApi(reply({ status: 400, body: { errors: [{ code: 'email_password_mismatch', param: 'password', message: '…' }] } }))
    expect((await failureOf(signIn('a@example.com', 'wrong'))).detail).toBe('The e-mail address or the password is not right.')
  })

  it('says to wait after too many attempts', async () => {
    stubApi(reply({ status: 429, body: {} }))
    expect(await failureOf(signIn('a@example.com', 'x'))).toMatchObject({ code: 'too_many_attempts' })
  })

  it('takes an existing session as success', async () => {
    stubApi(reply({ status: 409, body: {} }))
    await expect(signIn('a@example.com', 'x')).resolves.toBeUndefined()
  })

  it('takes 401 as the end of the session it asked to end', async () => {
    stubApi(() => ({ status: 401, body: {} }))
    await expect(signOut()).resolves.toBeUndefined()
  })
})
