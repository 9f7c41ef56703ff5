/** Servers, their statuses and their measurements. */
import type { Metrics, Page, Server, ServerDetail, StatusAnswer, Timeline } from '@/domain/model'
import {
  serversList, serversMetrics, serversRetrieve, serversStatuses, serversTimeline, serversUpdate,
} from './generated'
import { body, THROWING } from './http'

export const PAGE_SIZE = 200
const NOT_MODIFIED = 304

export interface ServersQuery { account?: string; region?: string; search?: string; page?: number; left?: boolean; attention?: boolean }

export function listServers({ account, region, search, page = 1, left = false, attention = false }: ServersQuery, signal?: AbortSignal): Promise<Page<Server>> {
  const filters = {
    account: Number(account) || undefined, region: region || undefined, search: search || undefined,
    left: left ? ('true' as const) : undefined, attention: attention ? ('true' as const) : undefined,
  }
  const query = { ...filters, page: page > 1 ? page : undefined, page_size: PAGE_SIZE, ordering: 'name' }
  return body(serversList({ query, signal, ...THROWING }))
}

/** How many servers of the whole fleet need a person. */
export const countAttention = async (signal?: AbortSignal): Promise<number> =>
  (await body(serversList({ query: { attention: 'true', page_size: 1 }, signal, ...THROWING }))).count

export const readServer = (id: number, signal?: AbortSignal): Promise<ServerDetail> =>
  body(serversRetrieve({ path: { id }, signal, ...THROWING }))

export const protectServer = (id: number, wanted: boolean): Promise<ServerDetail> =>
  body(serversUpdate({ path: { id }, body: { protected: wanted }, ...THROWING }))

export const readMetrics = (id: number, signal?: AbortSignal): Promise<Metrics> =>
  body(serversMetrics({ path: { id }, signal, ...THROWING }))

/** The day behind and the day ahead. */
export const readTimeline = (id: number, signal?: AbortSignal): Promise<Timeline> =>
  body(serversTimeline({ path: { id }, signal, ...THROWING }))

/** `answer` is null when nothing changed since the answer that carried this ETag. */
export async function readStatuses(
  ids: readonly number[], etag: string | null, signal?: AbortSignal,
): Promise<{ answer: StatusAnswer | null; etag: string | null }> {
  const headers = etag ? { 'If-None-Match': etag } : {}
  const { data, error, response } = await serversStatuses({ query: { ids: ids.join(',') }, headers, signal, cache: 'no-store' })
  if (response?.status === NOT_MODIFIED) return { answer: null, etag }
  if (data === undefined) throw error
  return { answer: data, etag: response?.headers.get('ETag') ?? null }
}
