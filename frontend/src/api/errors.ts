/** Every failure of a request becomes one kind of error with a sentence for a person. */
import type { FieldProblem } from '@/domain/problems'

export interface Problem { status: number; code: string; detail: string; errors: FieldProblem[]; retryAfterMs: number | null; members: Record<string, unknown> }

export class ApiError extends Error implements Problem {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly errors: FieldProblem[]
  readonly retryAfterMs: number | null
  /** All that the problem says, for what only some of them have. */
  readonly members: Record<string, unknown>

  constructor(problem: Partial<Problem> & { detail: string }) {
    super(problem.detail)
    this.name = 'ApiError'
    this.status = problem.status ?? 0
    this.code = problem.code ?? 'unknown'
    this.detail = problem.detail
    this.errors = problem.errors ?? []
    this.retryAfterMs = problem.retryAfterMs ?? null
    this.members = problem.members ?? {}
  }

  /** Nothing answered: no network, no server, or no answer in time. */
  get isUnreachable(): boolean {
    return this.status === 0
  }
}

const SENTENCES: Record<number, string> = {
  401: 'You are signed out. Sign in again.',
  403: 'You are not allowed to do this.',
  404: 'This does not exist, or not any more.',
  502: 'The API is not answering at the moment. Try again in a few seconds.',
  503: 'The API is not ready at the moment. Try again in a few seconds.',
  504: 'The API did not answer in time. Try again in a few seconds.',
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const text = (value: unknown): string | undefined => (typeof value === 'string' && value ? value : undefined)

function fieldProblems(value: unknown): FieldProblem[] {
  if (!Array.isArray(value)) return []
  return value.filter(isRecord).map((entry) => ({
    pointer: text(entry.pointer) ?? '', code: text(entry.code) ?? 'invalid', detail: text(entry.detail) ?? 'Not valid.',
  }))
}

/** What is wrong with the fields says more than how many they are; a form that shows them itself reads `errors`. */
const joined = (problems: readonly FieldProblem[]): string => [...new Set(problems.map(({ detail }) => detail))].join(' ')

function retryAfter(response: Response): number | null {
  const seconds = Number.parseFloat(response.headers.get('Retry-After') ?? '')
  return Number.isFinite(seconds) ? seconds * 1_000 : null
}

/** Understands problem+json and anything else a proxy may put in its place. */
export function errorFrom(response: Response, body: unknown): ApiError {
  const problem = isRecord(body) ? body : {}
  const { status } = response
  if (response.ok) return new ApiError({ status, code: 'malformed_answer', detail: 'The API sent an answer this page cannot read. Reload the page.' })
  const errors = fieldProblems(problem.errors)
  const code = text(problem.code) ?? 'unknown'
  const detail = (code === 'validation' && joined(errors)) || (text(problem.detail) ?? text(problem.title) ?? SENTENCES[status] ?? `The API answered ${status}. Try again.`)
  return new ApiError({ status, detail, code, errors, retryAfterMs: retryAfter(response), members: problem })
}

export const unreachable = (): ApiError =>
  new ApiError({ status: 0, code: 'unreachable', detail: 'The API cannot be reached. Check that it is running, then try again.' })
