/** The only file that calls fetch. Knows cookies and headers, and nothing of any noun. */
import { ApiError, errorFrom, unreachable } from './errors'

type Query = Record<string, string | number | boolean | undefined>

export interface Ask {
  body?: unknown
  query?: Query
  headers?: Record<string, string>
  signal?: AbortSignal
}

export interface Answer<Body> { status: number; body: Body; etag: string | null }

const SAFE = ['GET', 'HEAD']
let whenSignedOut: () => void = () => undefined

/** Called once, by whoever knows the session. */
export function onSignedOut(handler: () => void): void {
  whenSignedOut = handler
}

export function csrfToken(): string {
  const match = /(?:^|; )(?:__Host-)?csrftoken=([^;]+)/.exec(document.cookie)
  return match?.[1] ?? ''
}

function address(path: string, query: Query = {}): string {
  const wanted = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  const search = new URLSearchParams(wanted.map(([name, value]) => [name, String(value)])).toString()
  return search ? `/api/v1/${path}?${search}` : `/api/v1/${path}`
}

function request(method: string, { body, headers, signal }: Ask): RequestInit {
  const sent: Record<string, string> = { Accept: 'application/json', ...headers }
  if (body !== undefined) sent['Content-Type'] = 'application/json'
  if (!SAFE.includes(method)) sent['X-CSRFToken'] = csrfToken()
  return { method, headers: sent, credentials: 'same-origin', signal, body: body === undefined ? undefined : JSON.stringify(body) }
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (failure) {
    if (init.signal?.aborted) throw failure
    throw unreachable()
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text()
  if (!text) return null
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}

/** The raw road: any status below 500 comes back as an answer. The session endpoints need it, nothing else does. */
export async function exchange(method: string, path: string, ask: Ask = {}): Promise<Answer<unknown> & { response: Response }> {
  const response = await reach(address(path, ask.query), request(method, ask))
  const body = await bodyOf(response)
  return { status: response.status, body, etag: response.headers.get('ETag'), response }
}

export async function call<Body>(method: string, path: string, ask: Ask = {}): Promise<Answer<Body>> {
  const { response, status, body, etag } = await exchange(method, path, ask)
  if (!response.ok && status !== 304) {
    if (status === 401) whenSignedOut()
    throw errorFrom(response, body)
  }
  if (body === null && status === 200) throw new ApiError({ status, code: 'malformed_answer', detail: 'The API sent an answer this page cannot read. Reload the page.' })
  return { status, body: body as Body, etag }
}

export const get = async <Body>(path: string, query?: Query, signal?: AbortSignal): Promise<Body> =>
  (await call<Body>('GET', path, { query, signal })).body

export const post = async <Body>(path: string, body: unknown, headers?: Record<string, string>): Promise<Body> =>
  (await call<Body>('POST', path, { body, headers })).body
