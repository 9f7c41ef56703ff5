/** What servers are wanted to be: holds, skips, the explanation and the strips of their day. */
import type { Explanation, Hold, HoldAnswer, HoldBody, SkipAnswer, SkipBody, Strip } from '@/domain/model'
import { serversExplain, serversHold, serversRelease, serversStrips, skipsCreate, skipsDestroy } from './generated'
import { body, THROWING } from './http'

const MOST_STRIPS = 100

/** Replaces the hold that is there. */
export const holdServer = (id: number, wanted: HoldBody): Promise<HoldAnswer> =>
  body(serversHold({ path: { id }, body: wanted, ...THROWING }))

/** The hold as it was before, without starting or stopping anything. */
export const restoreHold = (server: number, { want, until, reason }: Hold): Promise<HoldAnswer> =>
  holdServer(server, { want, until, ...(reason && { reason }), act: false })

export const releaseServer = (id: number): Promise<{ operation: number | null }> => body(serversRelease({ path: { id }, ...THROWING }))

export const skipOccurrence = (wanted: SkipBody): Promise<SkipAnswer> => body(skipsCreate({ body: wanted, ...THROWING }))

export async function takeSkipBack(id: number): Promise<void> {
  await skipsDestroy({ path: { id }, ...THROWING })
}

/** `at`: a moment to come; without it the present one. */
export const explainServer = (id: number, at?: string, signal?: AbortSignal): Promise<Explanation> =>
  body(serversExplain({ path: { id }, query: at ? { at } : {}, signal, ...THROWING }))

/** As many questions as it takes; the API answers for so many servers at once. */
export async function readStrips(ids: readonly number[], from: string, to: string, signal?: AbortSignal): Promise<Strip[]> {
  const parts = Array.from({ length: Math.ceil(ids.length / MOST_STRIPS) }, (_, place) => ids.slice(place * MOST_STRIPS, (place + 1) * MOST_STRIPS))
  const asked = parts.map((part) => body(serversStrips({ query: { ids: part.join(','), from, to }, signal, ...THROWING })))
  return (await Promise.all(asked)).flatMap(({ strips }) => strips)
}
