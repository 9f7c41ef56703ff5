/** What the page keeps of the API's lists, and how often it asks again. Hidden tabs ask nothing. */
import { keepPreviousData, useQuery, useQueryClient, type QueryClient } from '@tanstack/vue-query'
import { computed, toValue, watch, type MaybeRefOrGetter } from 'vue'

import { listAccounts, listLimits, readAccount } from '@/api/accounts'
import { listDrift, type DriftQuery } from '@/api/observations'
import { listOperations, readOperation, type OperationsQuery } from '@/api/operations'
import { listSchedules, readSchedule } from '@/api/schedules'
import { countAttention, listServers, readServer, readTimeline, type ServersQuery } from '@/api/servers'
import { listInvitations, listMembers } from '@/api/team'
import { listTokens } from '@/api/tokens'
import { explainServer, readStrips } from '@/api/wanted'
import { isUnsettled } from '@/domain/accounts'
import { isOpen } from '@/domain/status'
import { useLive } from './useLive'
import { serverTime } from './useNow'

export { PAGE_SIZE } from '@/api/servers'

const SETTLED_MS = 60_000
const EXPECTING_MS = 3_000
const FOLLOWING_MS = 4_000
const LIMITS_MS = 15_000
const STRIPS_MS = 300_000

export const KEYS = {
  servers: ['servers'], server: ['server'], schedules: ['schedules'], schedule: ['schedule'],
  accounts: ['accounts'], operations: ['operations'], operation: ['operation'], timeline: ['timeline'], drift: ['drift'],
  limits: ['limits'], tokens: ['tokens'], team: ['team'], invitations: ['invitations'], explain: ['explain'], strips: ['strips'],
} as const

/** The list of servers; an empty one is asked for more often, because discovery may be under way. */
export function useServers(query: MaybeRefOrGetter<ServersQuery>) {
  const live = useLive()
  const found = useQuery({
    queryKey: computed(() => [...KEYS.servers, toValue(query)]),
    queryFn: async ({ signal }) => {
      const askedAt = Date.now()
      return { askedAt, page: await listServers(toValue(query), signal) }
    },
    placeholderData: keepPreviousData,
    refetchInterval: (state) => (state.state.data?.page.count === 0 ? EXPECTING_MS : SETTLED_MS),
  })
  watch(found.data, (data) => data && live.learnServers(data.page.results, data.askedAt), { immediate: true })
  live.watchIds(() => found.data.value?.page.results.map((server) => server.id) ?? [])
  const servers = computed(() => found.data.value?.page.results.map(live.overlay))
  return { ...found, servers, count: computed(() => found.data.value?.page.count ?? 0) }
}

export function useServer(id: MaybeRefOrGetter<number>) {
  const live = useLive()
  const found = useQuery({
    queryKey: computed(() => [...KEYS.server, toValue(id)]),
    queryFn: async ({ signal }) => {
      const askedAt = Date.now()
      return { askedAt, server: await readServer(toValue(id), signal) }
    },
    refetchInterval: SETTLED_MS,
  })
  watch(found.data, (data) => data && live.learnServers([data.server], data.askedAt), { immediate: true })
  live.watchIds(() => [toValue(id)])
  const server = computed(() => (found.data.value ? live.overlay(found.data.value.server) : undefined))
  return { ...found, server }
}

/** Asked only where one page does not hold all servers. */
export const useAttentionCount = (enabled: MaybeRefOrGetter<boolean>) =>
  useQuery({
    queryKey: [...KEYS.servers, 'attention'],
    queryFn: ({ signal }) => countAttention(signal),
    enabled,
    refetchInterval: SETTLED_MS,
  })

export const useSchedules = (query: MaybeRefOrGetter<{ server?: number; search?: string }> = {}) =>
  useQuery({
    queryKey: computed(() => [...KEYS.schedules, toValue(query)]),
    queryFn: ({ signal }) => listSchedules(toValue(query), signal),
    placeholderData: keepPreviousData,
    refetchInterval: SETTLED_MS,
  })

export const useSchedule = (id: MaybeRefOrGetter<number>, enabled: MaybeRefOrGetter<boolean>) =>
  useQuery({
    queryKey: computed(() => [...KEYS.schedule, toValue(id)]),
    queryFn: ({ signal }) => readSchedule(toValue(id), signal),
    enabled,
    // An editor that changes under the typing hand would be worse than a conflict told at saving.
    refetchOnWindowFocus: false,
    gcTime: 0,
  })

export const useAccounts = () =>
  useQuery({
    queryKey: KEYS.accounts,
    queryFn: ({ signal }) => listAccounts(signal),
    refetchInterval: (query) => (query.state.data?.results.some((each) => isUnsettled(each, serverTime())) ? EXPECTING_MS : SETTLED_MS),
  })

/** The IAM documents of one account. */
export const usePolicies = (id: MaybeRefOrGetter<number>) =>
  useQuery({
    queryKey: computed(() => [...KEYS.accounts, toValue(id), 'policies']),
    queryFn: async ({ signal }) => (await readAccount(toValue(id), signal)).policies,
  })

export const useOperations = (query: MaybeRefOrGetter<OperationsQuery>) =>
  useQuery({
    queryKey: computed(() => [...KEYS.operations, toValue(query)]),
    queryFn: ({ signal }) => listOperations(toValue(query), signal),
    placeholderData: keepPreviousData,
    refetchInterval: (found) => (found.state.data?.results.some(({ state }) => isOpen(state)) ? FOLLOWING_MS : SETTLED_MS),
  })

export const useOperation = (id: MaybeRefOrGetter<number>) =>
  useQuery({
    queryKey: computed(() => [...KEYS.operation, toValue(id)]),
    queryFn: ({ signal }) => readOperation(toValue(id), signal),
    refetchInterval: ({ state }) => (state.data && isOpen(state.data.state) ? FOLLOWING_MS : SETTLED_MS),
  })

export const useTimeline = (server: MaybeRefOrGetter<number>) =>
  useQuery({
    queryKey: computed(() => [...KEYS.timeline, toValue(server)]),
    queryFn: ({ signal }) => readTimeline(toValue(server), signal),
    refetchInterval: SETTLED_MS,
  })

/** Why it is as it is and what comes next; `at`: what would be at a moment to come, null while there is none to ask about. */
export const useExplanation = (server: MaybeRefOrGetter<number>, at: MaybeRefOrGetter<string | null | undefined> = undefined) =>
  useQuery({
    queryKey: computed(() => [...KEYS.explain, toValue(server), toValue(at)]),
    queryFn: ({ signal }) => explainServer(toValue(server), toValue(at) ?? undefined, signal),
    enabled: computed(() => toValue(at) !== null),
    refetchInterval: SETTLED_MS,
  })

/** A span of every server on the page, in one question; moments are epoch milliseconds. */
export const useStrips = (ids: MaybeRefOrGetter<readonly number[]>, day: MaybeRefOrGetter<{ from: number; to: number }>) =>
  useQuery({
    queryKey: computed(() => [...KEYS.strips, toValue(day).from, toValue(day).to, ...toValue(ids)]),
    queryFn: async ({ signal }) => {
      const [from, to] = [toValue(day).from, toValue(day).to].map((at) => new Date(at).toISOString()) as [string, string]
      const strips = await readStrips(toValue(ids), from, to, signal)
      return new Map(strips.map((strip) => [strip.server, strip]))
    },
    enabled: computed(() => toValue(ids).length > 0),
    placeholderData: keepPreviousData,
    staleTime: STRIPS_MS,
    refetchInterval: STRIPS_MS,
  })

export const useDrift = (query: MaybeRefOrGetter<DriftQuery>) =>
  useQuery({
    queryKey: computed(() => [...KEYS.drift, toValue(query)]),
    queryFn: ({ signal }) => listDrift(toValue(query), signal),
    placeholderData: keepPreviousData,
    refetchInterval: SETTLED_MS,
  })

/** Tokens come and go by the second; what is shown is as old as it says. */
export const useLimits = (account: MaybeRefOrGetter<number>) =>
  useQuery({
    queryKey: computed(() => [...KEYS.limits, toValue(account)]),
    queryFn: ({ signal }) => listLimits(toValue(account), signal),
    refetchInterval: LIMITS_MS,
  })

/** Whoever is signed in sees their own; an admin sees everybody's. */
export const useTokens = () =>
  useQuery({ queryKey: KEYS.tokens, queryFn: ({ signal }) => listTokens(signal), refetchInterval: SETTLED_MS })

export const useMembers = () =>
  useQuery({ queryKey: KEYS.team, queryFn: ({ signal }) => listMembers(signal), refetchInterval: SETTLED_MS })

/** The links that can still be used; only admins may ask. */
export const useInvitations = (enabled: MaybeRefOrGetter<boolean>) =>
  useQuery({ queryKey: KEYS.invitations, queryFn: ({ signal }) => listInvitations(signal), enabled, refetchInterval: SETTLED_MS })

/** All that holds, skips and schedules move. */
const WANTED = [KEYS.explain, KEYS.timeline, KEYS.strips]

/** All servers, for a question about some; asked once it is open. */
export const useAllServers = (enabled: MaybeRefOrGetter<boolean>) =>
  useQuery({
    queryKey: [...KEYS.servers, 'all'],
    queryFn: async ({ signal }) => new Map((await listServers({}, signal)).results.map((server) => [server.id, server])),
    enabled,
    staleTime: SETTLED_MS,
  })

const refetchAll = async (client: QueryClient, keys: readonly (readonly string[])[]): Promise<void> => {
  await Promise.all(keys.map((queryKey) => client.invalidateQueries({ queryKey })))
}

/** After a schedule, an account or a server was changed from here. */
export function useRefetch() {
  const client = useQueryClient()
  return {
    /** The list too, though it is not on screen while one is edited: it comes next, and is not to begin with what was before. */
    schedules: async () => {
      const list = client.invalidateQueries({ queryKey: KEYS.schedules, refetchType: 'all' })
      await Promise.all([list, refetchAll(client, [KEYS.schedule, KEYS.servers, KEYS.server, ...WANTED])])
    },
    accounts: () => refetchAll(client, [KEYS.accounts, KEYS.servers]),
    servers: () => refetchAll(client, [KEYS.server, KEYS.operations, KEYS.operation, KEYS.drift, KEYS.schedules, ...WANTED]),
    wanted: () => refetchAll(client, [KEYS.server, KEYS.servers, KEYS.operations, ...WANTED]),
    limits: () => refetchAll(client, [KEYS.limits]),
    tokens: () => refetchAll(client, [KEYS.tokens]),
    team: () => refetchAll(client, [KEYS.team, KEYS.invitations]),
    serversAndList: () => refetchAll(client, [KEYS.server, KEYS.servers, KEYS.drift, ...WANTED]),
  }
}
