/** Brings store, polling and notices together, once for the page; views say which servers they show. */
import { computed, inject, onScopeDispose, provide, shallowReactive, toValue, type InjectionKey, type MaybeRefOrGetter } from 'vue'

import { askOperations, readOperation } from '@/api/operations'
import { readStatuses } from '@/api/servers'
import type { Change } from '@/domain/changes'
import type { Action, Manner, Operation, Refusal, Server, StatusAnswer } from '@/domain/model'
import { AFTER_ASKING_MS, nearestAction } from '@/domain/pace'
import { isChanging } from '@/domain/status'
import { createLiveStore, type Learned } from './liveStore'
import { trace } from './trace'
import { learnClock, toLocalClock } from './useNow'
import { tell } from './useNotices'
import { useStatusPolling } from './useStatusPolling'

const MOST_IDS = 200

type Shown = MaybeRefOrGetter<readonly number[]>

function createLive(onChange: (servers: number[]) => void, onDetails: (change: Change) => void) {
  const store = createLiveStore()
  const shown = shallowReactive(new Set<Shown>())
  let awaited: number | null = null

  const ids = computed(() => {
    const all = new Set([...store.ownServers.value, ...[...shown].flatMap((each) => toValue(each))])
    return [...all].slice(0, MOST_IDS).sort((one, other) => one - other)
  })

  function report(learned: Learned): void {
    learned.lines.forEach(trace)
    if (learned.changes.length === 0) return
    void tell(learned.changes, { readOperation, isMine: store.isMine, open: onDetails })
  }

  function digest(learned: Learned): void {
    report(learned)
    if (learned.lines.length + learned.changes.length > 0) onChange(ids.value)
  }

  function traceChanging(): void {
    const changing = store.entries(ids.value).filter((entry) => isChanging(entry.status)).length
    if (changing > 0) trace(`🔄 Auto-polling ${changing} server(s) in transitional state`)
  }

  function nextActionAt(): number | null {
    const moments = store.entries(ids.value).flatMap((entry) => (entry.next_action ? [toLocalClock(entry.next_action.at)] : []))
    awaited = nearestAction(moments, awaited, Date.now())
    return awaited
  }

  function onAnswer(answer: StatusAnswer, askedAt: number): void {
    learnClock(answer.now)
    digest(store.learn(answer.statuses, askedAt))
  }

  const polling = useStatusPolling({
    read: readStatuses, ids: () => ids.value, ownOpen: () => store.ownServers.value.length > 0,
    nextActionAt, onAnswer, onAsk: traceChanging,
  })

  /** From now on followed closely, as one that this tab asked for. */
  function claim(operation: Pick<Operation, 'id' | 'action'> & { server: { id: number } }): void {
    store.claim(operation.id, operation.server.id, operation.action)
    polling.soon(AFTER_ASKING_MS)
  }

  /** Ask for an action; resolves with what was refused. Throws when nothing was accepted. */
  async function ask(servers: readonly number[], action: Action, manner: Manner = {}): Promise<Refusal[]> {
    servers.forEach((id) => store.sending.set(id, action))
    try {
      const { operations, refused } = await askOperations(servers, action, manner)
      operations.forEach(claim)
      return refused
    } finally {
      servers.forEach((id) => store.sending.delete(id))
    }
  }

  function watchIds(each: Shown): void {
    shown.add(each)
    onScopeDispose(() => shown.delete(each))
  }

  const learnServers = (servers: readonly Server[], askedAt: number): void => digest(store.learnServers(servers, askedAt))

  return {
    ...polling, ask, claim, watchIds, learnServers, ids,
    learnHold: store.learnHold, overlay: store.overlay, waitingFor: store.waitingFor,
  }
}

export type Live = ReturnType<typeof createLive>
const LIVE: InjectionKey<Live> = Symbol('live')

/** `onDetails`: a person wants to know more about a change they were told of. */
export function provideLive(onChange: (servers: number[]) => void, onDetails: (change: Change) => void = () => undefined): Live {
  const live = createLive(onChange, onDetails)
  provide(LIVE, live)
  return live
}

export function useLive(): Live {
  const live = inject(LIVE)
  if (!live) throw new Error('useLive() needs provideLive() in a parent.')
  return live
}
