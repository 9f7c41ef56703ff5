/**
 * The newest known status of every server this tab has seen, and the operations this tab asked for.
 * Every answer, batched or not, is learned here; the moment it was asked decides which one is newer.
 */
import { computed, reactive, shallowReactive } from 'vue'

import { changeBetween, moveLine, type Change } from '@/domain/changes'
import type { Action, Hold, Server, StatusEntry } from '@/domain/model'
import { isChanging, isOpen } from '@/domain/status'

const UNMENTIONED_FOR_MS = 20_000

interface Known { entry: StatusEntry; askedAt: number }
interface Own { server: number; action: Action; mentionedAt: number }

export interface Learned { changes: Change[]; lines: string[] }

const isMentioned = (entry: StatusEntry, operation: number): boolean =>
  entry.transition?.operation === operation || entry.requested?.operation === operation || entry.last_operation?.id === operation

function hasEnded(entry: StatusEntry, operation: number): boolean {
  if (entry.transition?.operation === operation || entry.requested?.operation === operation) return false
  const last = entry.last_operation
  return Boolean(last && (last.id > operation || (last.id === operation && !isOpen(last.state))))
}

export function createLiveStore() {
  const known = shallowReactive(new Map<number, Known>())
  const own = reactive(new Map<number, Own>())
  const everOwn = new Set<number>()
  const sending = reactive(new Map<number, Action>())

  function settleOwn(entry: StatusEntry): void {
    for (const [operation, mine] of own) {
      if (mine.server !== entry.id) continue
      if (isMentioned(entry, operation)) mine.mentionedAt = Date.now()
      const forgotten = Date.now() - mine.mentionedAt > UNMENTIONED_FOR_MS
      if (hasEnded(entry, operation) || forgotten) own.delete(operation)
    }
  }

  function learnOne(entry: StatusEntry, askedAt: number, learned: Learned): void {
    const before = known.get(entry.id)
    if (before && before.askedAt > askedAt) return
    known.set(entry.id, { entry, askedAt })
    if (before) {
      const change = changeBetween(before.entry, entry)
      const line = moveLine(before.entry, entry)
      if (change) learned.changes.push(change)
      if (line) learned.lines.push(line)
    }
    settleOwn(entry)
  }

  function learn(entries: readonly StatusEntry[], askedAt: number): Learned {
    const learned: Learned = { changes: [], lines: [] }
    entries.forEach((entry) => learnOne(entry, askedAt, learned))
    return learned
  }

  const learnServers = (servers: readonly Server[], askedAt: number): Learned =>
    learn(servers.map((server) => ({ ...server, expected_seconds: null })), askedAt)

  function claim(operation: number, server: number, action: Action): void {
    own.set(operation, { server, action, mentionedAt: Date.now() })
    everOwn.add(operation)
  }

  function overlay<Base extends Server>(server: Base): Base {
    const entry = known.get(server.id)?.entry
    if (!entry) return server
    const { expected_seconds, ...live } = entry
    return { ...server, ...live }
  }

  /** The action this tab sent for a server while AWS has not been seen to act on it. */
  function waitingFor(server: number): Action | null {
    const now = sending.get(server)
    if (now) return now
    const entry = known.get(server)?.entry
    if (entry && isChanging(entry.status)) return null
    return [...own.values()].find((mine) => mine.server === server)?.action ?? null
  }

  /** What was just answered about a hold counts at once, and no older answer about the server does. */
  function learnHold(server: number, hold: Hold | null): void {
    const before = known.get(server)
    if (before) known.set(server, { entry: { ...before.entry, hold }, askedAt: Date.now() })
  }

  function forget(): void {
    known.clear()
    own.clear()
    everOwn.clear()
    sending.clear()
  }

  return {
    learn, learnServers, learnHold, overlay, waitingFor, forget, sending, claim,
    isMine: (operation: number) => everOwn.has(operation),
    ownServers: computed(() => [...new Set([...own.values()].map((mine) => mine.server))]),
    entries: (ids: readonly number[]) => ids.map((id) => known.get(id)?.entry).filter((entry) => entry !== undefined),
  }
}

export type LiveStore = ReturnType<typeof createLiveStore>
