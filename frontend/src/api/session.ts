/** Sign in and out: django-allauth's headless browser client, which keeps its own answer shapes. */
import type { Me } from '@/domain/model'
import { ApiError, errorFrom } from './errors'
import { meRetrieve } from './generated'
import { body, exchange, THROWING } from './http'

const SESSION = '/api/v1/auth/browser/v1/auth/session'
const LOGIN = '/api/v1/auth/browser/v1/auth/login'

const WRONG = 'The e-mail address or the password is not right.'
const SENTENCES: Record<string, string> = {
  email_password_mismatch: WRONG,
  username_password_mismatch: WRONG,
  too_many_login_attempts: 'Too many attempts. Wait a few minutes, then try again.',
}

interface AllauthError { code?: string; message?: string; param?: string }

function loginError(response: Response, answer: unknown): ApiError {
  if (response.status === 429) return new ApiError({ status: 429, code: 'too_many_attempts', detail: SENTENCES.too_many_login_attempts ?? '' })
  const errors = (answer as { errors?: AllauthError[] } | null)?.errors ?? []
  const first = errors[0]
  if (!first) return response.status === 401 ? new ApiError({ status: 401, code: 'login_refused', detail: WRONG }) : errorFrom(response, answer)
  const detail = SENTENCES[first.code ?? ''] ?? first.message ?? WRONG
  const fields = errors.filter((error) => error.param).map((error) => ({
    pointer: `/${error.param}`, code: error.code ?? 'invalid', detail: error.message ?? 'Not valid.',
  }))
  return new ApiError({ status: response.status, code: first.code, detail, errors: fields })
}

/** Brings the CSRF cookie; whether anybody is signed in is told by `me`. */
export async function prepare(): Promise<void> {
  await exchange('GET', SESSION)
}

/** Throws an ApiError with a sentence when the pair is refused. */
export async function signIn(email: string, password: string): Promise<void> {
  await prepare()
  const { response, answer } = await exchange('POST', LOGIN, { email, password })
  const alreadySignedIn = response.status === 409
  if (!response.ok && !alreadySignedIn) throw loginError(response, answer)
}

/** allauth answers 401 when the session has ended, which is what was asked for. */
export async function signOut(): Promise<void> {
  const { response, answer } = await exchange('DELETE', SESSION)
  if (!response.ok && response.status !== 401) throw errorFrom(response, answer)
}

export const me = (): Promise<Me> => body(meRetrieve(THROWING))
