/** What servers are wanted to be: holds, skips, the explanation and the strips of their day. */
import type { Explanation, Hold, HoldAnswer, HoldBody, SkipAnswer, SkipBody, Strip, Strips } from '@/domain/model'
import { client } from './generated/client.gen'
import { body, THROWING } from './http'

const MOST_STRIPS = 100

type Method = 'GET' | 'POST' | 'DELETE'
interface More { body?: unknown; query?: Record<string, unknown>; signal?: AbortSignal }

function ask<Answer>(method: Method, path: string, more: More = {}): Promise<Answer> {
  const headers = more.body === undefined ? {} : { 'Content-Type': 'application/json' }
  return body(client.request<{ 200: Answer }, unknown, true>({ method, url: `/api/v1/${path}`, ...more, headers, ...THROWING })) as Promise<Answer>
}

/** Replaces the hold that is there. */
export const holdServer = (server: number, wanted: HoldBody): Promise<HoldAnswer> => ask('POST', `servers/${server}/hold`, { body: wanted })

/** The hold as somebody else made it, without starting or stopping anything. */
export const restoreHold = (server: number, { want, until, reason }: Hold): Promise<HoldAnswer> =>
  holdServer(server, { want, until, ...(reason && { reason }), act: false })

export const releaseServer = (server: number): Promise<{ operation: number | null }> => ask('DELETE', `servers/${server}/hold`)

export const skipOccurrence = (wanted: SkipBody): Promise<SkipAnswer> => ask('POST', 'skips', { body: wanted })

export async function takeSkipBack(id: number): Promise<void> {
  await ask('DELETE', `skips/${id}`)
}

/** `at`: a moment to come; without it the present one. */
export const explainServer = (server: number, at?: string, signal?: AbortSignal): Promise<Explanation> =>
  ask('GET', `servers/${server}/explain`, { query: at ? { at } : {}, signal })

/** As many questions as it takes; the API answers for so many servers at once. */
export async function readStrips(ids: readonly number[], from: string, to: string, signal?: AbortSignal): Promise<Strip[]> {
  const parts = Array.from({ length: Math.ceil(ids.length / MOST_STRIPS) }, (_, place) => ids.slice(place * MOST_STRIPS, (place + 1) * MOST_STRIPS))
  const answers = await Promise.all(parts.map((part) => ask<Strips>('GET', 'servers/strips', { query: { ids: part.join(','), from, to }, signal })))
  return answers.flatMap(({ strips }) => strips)
}
