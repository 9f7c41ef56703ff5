/** Filters, sorting and counts of the servers list, and how they stand in the address. */
import type { Server, Status } from './model'
import { appearance, isChanging, needsAttention, STATUSES } from './status'

export type Group = 'all' | 'attention' | 'running' | 'stopped' | 'changing'
export type Sort = 'attention' | 'name' | 'status' | 'account' | 'next'
export type Pick = Group | Status

export interface ServerFilters { pick: Pick; account: string; region: string; search: string; sort: Sort; page: number; left: boolean }
type Query = Record<string, unknown>

const GROUPS: readonly Group[] = ['all', 'attention', 'running', 'stopped', 'changing']
const SORTS: readonly Sort[] = ['attention', 'name', 'status', 'account', 'next']

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const oneOf = <Word extends string>(words: readonly Word[], value: unknown, otherwise: Word): Word =>
  words.find((word) => word === value) ?? otherwise

export function filtersOf(query: Query): ServerFilters {
  return {
    pick: oneOf<Pick>([...GROUPS, ...STATUSES], query.status, 'all'),
    account: text(query.account),
    region: text(query.region),
    search: text(query.search),
    sort: oneOf(SORTS, query.sort, 'attention'),
    page: Math.max(1, Number.parseInt(text(query.page), 10) || 1),
    left: query.left === 'true',
  }
}

/** Only what differs from the plain list, so that the address stays short. */
export function queryOf(filters: ServerFilters): Record<string, string> {
  const { pick, account, region, search, sort, page, left } = filters
  const all = {
    status: pick === 'all' ? '' : pick, account, region, search,
    sort: sort === 'attention' ? '' : sort, page: page > 1 ? String(page) : '', left: left ? 'true' : '',
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''))
}

export const isFiltered = ({ pick, account, region, search, left }: ServerFilters): boolean =>
  pick !== 'all' || left || [account, region, search].some(Boolean)

const BELONGS: Record<Group, (server: Server) => boolean> = {
  all: () => true,
  attention: needsAttention,
  running: (server) => server.status === 'running',
  stopped: (server) => server.status === 'stopped',
  changing: (server) => isChanging(server.status),
}

const isGroup = (pick: Pick): pick is Group => GROUPS.some((group) => group === pick)

export const picked = (servers: readonly Server[], pick: Pick): Server[] =>
  servers.filter((server) => (isGroup(pick) ? BELONGS[pick](server) : server.status === pick))

export function counts(servers: readonly Server[]): Record<Group, number> {
  const count = (group: Group): number => servers.filter(BELONGS[group]).length
  return {
    all: servers.length, attention: count('attention'), running: count('running'),
    stopped: count('stopped'), changing: count('changing'),
  }
}

/** What is true of a fleet of which only one page is known. */
export const countsOfMany = (attention: number | undefined): Partial<Record<Group, number>> => (attention === undefined ? {} : { attention })

const byName = (one: Server, other: Server): number =>
  one.name.localeCompare(other.name, undefined, { numeric: true }) || one.id - other.id

const KEYS: Record<Exclude<Sort, 'name'>, (server: Server) => string> = {
  attention: (server) => (needsAttention(server) ? '0' : '1'),
  status: (server) => appearance(server.status).word,
  account: (server) => `${server.account.name} ${server.region.name}`,
  next: (server) => server.next_action?.at ?? '9999',
}

export function sorted(servers: readonly Server[], sort: Sort): Server[] {
  if (sort === 'name') return [...servers].sort(byName)
  const key = KEYS[sort]
  return [...servers].sort((one, other) => key(one).localeCompare(key(other)) || byName(one, other))
}
