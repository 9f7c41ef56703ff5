/** The road to the API: cookies, the CSRF token, and one kind of error. Knows no noun. */
import { errorFrom, unreachable } from './errors'
import { client } from './generated/client.gen'

const SAFE = ['GET', 'HEAD', 'OPTIONS']
let whenSignedOut: () => void = () => undefined

/** Called once, by whoever knows the session. */
export function onSignedOut(handler: () => void): void {
  whenSignedOut = handler
}

export function csrfToken(): string {
  const match = /(?:^|; )(?:__Host-)?csrftoken=([^;]+)/.exec(document.cookie)
  return match?.[1] ?? ''
}

function withToken(request: Request): Request {
  if (!SAFE.includes(request.method)) request.headers.set('X-CSRFToken', csrfToken())
  return request
}

/** Whoever gave a question up gets the browser's own error back; everybody else an ApiError. */
function translate(failure: unknown, response: Response | undefined, request: Request | undefined): unknown {
  if (request?.signal.aborted) return failure
  if (!response) return unreachable()
  if (response.status === 401) whenSignedOut()
  return errorFrom(response, failure)
}

client.setConfig({ baseUrl: '', credentials: 'same-origin', parseAs: 'json', fetch: (request) => fetch(request) })
client.interceptors.request.use(withToken)
client.interceptors.error.use(translate)

/** Every call throws on failure; what it resolves with is the body alone. */
export const THROWING = { throwOnError: true } as const
export const body = async <Body>(asked: Promise<{ data: Body }>): Promise<Body> => (await asked).data

/** For the session's own endpoints, whose answers follow other rules: any status comes back as it is. */
export async function exchange(method: string, path: string, sent?: unknown): Promise<{ response: Response; answer: unknown }> {
  const headers = { Accept: 'application/json', ...(sent === undefined ? {} : { 'Content-Type': 'application/json' }) }
  const init = { method, headers, credentials: 'same-origin' as const, body: sent === undefined ? undefined : JSON.stringify(sent) }
  const request = withToken(new Request(path, init))
  const response = await fetch(request).catch(() => {
    throw unreachable()
  })
  const answer: unknown = await response.json().catch(() => null)
  return { response, answer }
}
