/** What happened to a server between two looks: at most one thing to tell a person about. */
import { appeared } from './attention'
import type { Action, Attention, LastOperation, StatusEntry } from './model'
import { isOpen } from './status'

export type ChangeKind =
  | 'stopped' | 'started' | 'rebooted' | 'failed' | 'unproven' | 'ended' | 'gone' | 'missing' | 'stuck' | 'drifted' | 'given_up'
  | 'put_back'

export interface Change {
  kind: ChangeKind
  server: { id: number; name: string }
  action: Action | null
  /** The operation behind it; null when the server changed by itself or from outside. */
  operation: number | null
  reason: string | null
  detail: string | null
  /** The same change has the same key in every tab. */
  key: string
}

function justEnded(before: StatusEntry, after: StatusEntry): LastOperation | null {
  const last = after.last_operation
  if (!last || isOpen(last.state)) return null
  const known = before.last_operation
  return known?.id === last.id && known.state === last.state ? null : last
}

function endKind(last: LastOperation): ChangeKind | null {
  if (last.state === 'failed') return 'failed'
  if (last.state === 'unknown') return 'unproven'
  if (last.state === 'skipped' || last.state === 'cancelled') return 'ended'
  return last.action === 'reboot' ? 'rebooted' : null
}

/** A fall back (start that ended stopped, stop that ended running) is never told as a success. */
function movedKind(before: StatusEntry, after: StatusEntry): ChangeKind | null {
  if (before.status === after.status) return null
  if (after.status === 'stopped') return before.status === 'starting' ? null : 'stopped'
  if (after.status === 'running') return ['stopped', 'starting'].includes(before.status) ? 'started' : null
  if (after.status === 'terminated') return 'gone'
  return after.status === 'missing' ? 'missing' : null
}

const ACTION_OF: Partial<Record<ChangeKind, Action>> = { stopped: 'stop', started: 'start', rebooted: 'reboot' }

function operationBehind(kind: ChangeKind, before: StatusEntry, after: StatusEntry): number | null {
  const action = ACTION_OF[kind]
  const candidates = [after.transition, before.transition].filter((found) => found?.action === action)
  const running = candidates[0]?.operation ?? null
  if (running !== null) return running
  const ended = justEnded(before, after)
  return ended && ended.action === action ? ended.id : null
}

const ALERTS: Record<string, ChangeKind> = { stuck: 'stuck', changed_outside: 'drifted', put_back_given_up: 'given_up' }

/** What a person asked to be told about, the moment it appears; what failed is told by its operation. */
function alerted(before: StatusEntry, after: StatusEntry): Change | null {
  const found = appeared(before.attention, after.attention).find(({ code }) => code in ALERTS)
  const kind = found && ALERTS[found.code]
  return kind ? alertOf(kind, found, after) : null
}

const alertOf = (kind: ChangeKind, { code, detail, since, operation, observation }: Attention, { id, name }: StatusEntry): Change => ({
  kind, server: { id, name }, action: null, operation: null, reason: null, detail,
  key: `attention:${id}:${code}:${observation ?? operation ?? since ?? ''}`,
})

const GOALS: Partial<Record<Action, ['stopped' | 'running', ChangeKind]>> = { start: ['running', 'started'], stop: ['stopped', 'stopped'] }

/** There and back between two looks: nothing moved, and yet an operation has moved it. */
function putBack(before: StatusEntry, after: StatusEntry): Change | null {
  const ended = justEnded(before, after)
  const [status, kind] = (ended?.state === 'succeeded' && GOALS[ended.action]) || []
  if (!ended || before.status !== status || after.status !== status) return null
  return {
    kind: 'put_back', server: { id: after.id, name: after.name }, action: ended.action, operation: ended.id, reason: null, detail: null,
    key: `server:${after.id}:${kind}:${ended.id}`,
  }
}

/** The change between two answers about the same server, or null when there is nothing to tell. */
export function changeBetween(before: StatusEntry, after: StatusEntry): Change | null {
  const server = { id: after.id, name: after.name }
  const ended = justEnded(before, after)
  const end = ended && endKind(ended)
  if (ended && end) {
    return {
      kind: end, server, action: ended.action, operation: ended.id, reason: ended.reason, detail: ended.detail,
      key: `operation:${ended.id}:${ended.state}`,
    }
  }
  const alert = alerted(before, after)
  if (alert) return alert
  const kind = movedKind(before, after)
  if (!kind) return putBack(before, after)
  const operation = operationBehind(kind, before, after)
  const mark = operation ?? after.seen_at ?? 'unseen'
  return {
    kind, server, action: ACTION_OF[kind] ?? null, operation, reason: after.state_reason, detail: null,
    key: `server:${after.id}:${kind}:${mark}`,
  }
}

/** "   test1: stopping → stopped", or null while it stays as it is. */
export function moveLine(before: StatusEntry, after: StatusEntry): string | null {
  return before.status === after.status ? null : `   ${after.name}: ${before.status} → ${after.status}`
}
