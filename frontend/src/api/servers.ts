/** Servers, their statuses and their measurements. */
import type { Metrics, Page, Server, ServerDetail, StatusAnswer } from '@/domain/model'
import { call, get } from './http'

export const PAGE_SIZE = 200

export interface ServersQuery { account?: string; region?: string; search?: string; page?: number }

export const listServers = (query: ServersQuery, signal?: AbortSignal): Promise<Page<Server>> =>
  get('servers', { ...query, page: query.page === 1 ? undefined : query.page, page_size: PAGE_SIZE, ordering: 'name' }, signal)

export const readServer = (id: number, signal?: AbortSignal): Promise<ServerDetail> => get(`servers/${id}`, {}, signal)

export const protectServer = async (id: number, wanted: boolean): Promise<ServerDetail> =>
  (await call<ServerDetail>('PATCH', `servers/${id}`, { body: { protected: wanted } })).body

export const readMetrics = (id: number, signal?: AbortSignal): Promise<Metrics> => get(`servers/${id}/metrics`, {}, signal)

/** `answer` is null when nothing changed since the answer that carried this ETag. */
export async function readStatuses(
  ids: readonly number[], etag: string | null, signal?: AbortSignal,
): Promise<{ answer: StatusAnswer | null; etag: string | null }> {
  const headers: Record<string, string> = etag ? { 'If-None-Match': etag } : {}
  const query = { ids: ids.join(',') }
  const { status, body, etag: newer } = await call<StatusAnswer>('GET', 'servers/statuses', { query, headers, signal })
  return status === 304 ? { answer: null, etag } : { answer: body, etag: newer }
}
