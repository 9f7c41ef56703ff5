/** What a person is told about a server: a word, a shape and a tone for every status, and what may be asked of it. */
import type { Action, LiveServer, OperationState, Server, Status } from './model'

export type Tone = 'good' | 'quiet' | 'busy' | 'bad' | 'warn'
export type Shape = 'disc' | 'square' | 'up' | 'down' | 'loop' | 'cross' | 'dashed'
export interface Appearance { word: string; tone: Tone; shape: Shape }

const APPEARANCE: Record<Status, Appearance> = {
  running: { word: 'Running', tone: 'good', shape: 'disc' },
  stopped: { word: 'Stopped', tone: 'quiet', shape: 'square' },
  starting: { word: 'Starting', tone: 'busy', shape: 'up' },
  stopping: { word: 'Stopping', tone: 'busy', shape: 'down' },
  rebooting: { word: 'Rebooting', tone: 'busy', shape: 'loop' },
  terminated: { word: 'Gone', tone: 'quiet', shape: 'cross' },
  missing: { word: 'Missing', tone: 'warn', shape: 'cross' },
  unknown: { word: 'Unknown', tone: 'warn', shape: 'dashed' },
}

export const STATUSES = Object.keys(APPEARANCE) as Status[]

export const ACTION_WORDS: Record<Action, { ask: string; does: string; noun: string }> = {
  start: { ask: 'Start', does: 'Starts', noun: 'Start' },
  stop: { ask: 'Stop', does: 'Stops', noun: 'Stop' },
  reboot: { ask: 'Reboot', does: 'Reboots', noun: 'Reboot' },
}

const CHANGING: readonly Status[] = ['starting', 'stopping', 'rebooting']
const OPEN_STATES: readonly OperationState[] = ['requested', 'sending', 'accepted']

export const appearance = (status: Status): Appearance => APPEARANCE[status]
export const isChanging = (status: Status): boolean => CHANGING.includes(status)
export const isOpen = (state: OperationState): boolean => OPEN_STATES.includes(state)

/** The actions that make sense now; none while something is already on its way. */
export function actionsFor(server: Pick<LiveServer, 'status' | 'requested'>): Action[] {
  if (server.requested) return []
  if (server.status === 'running') return ['stop', 'reboot']
  if (server.status === 'stopped') return ['start']
  return []
}

/** A server a person should look at before the others. */
export function needsAttention(server: Server): boolean {
  if (server.status === 'missing' || server.status === 'unknown') return true
  if (server.stuck_since) return true
  if (isChanging(server.status)) return false
  return server.last_operation?.state === 'failed'
}

const STALE_AFTER_MS = { settled: 150_000, changing: 30_000 }

/** Whether an answer this old says less than it seems to. */
export function isStale(status: Status, ageMs: number): boolean {
  if (status === 'terminated' || status === 'missing') return false
  return ageMs > (isChanging(status) ? STALE_AFTER_MS.changing : STALE_AFTER_MS.settled)
}

const STATE_WORDS: Record<OperationState, { word: string; tone: Tone }> = {
  requested: { word: 'Requested', tone: 'busy' },
  sending: { word: 'Sending', tone: 'busy' },
  accepted: { word: 'Accepted by AWS', tone: 'busy' },
  succeeded: { word: 'Succeeded', tone: 'good' },
  failed: { word: 'Failed', tone: 'bad' },
  unknown: { word: 'Not proven', tone: 'quiet' },
  skipped: { word: 'Skipped', tone: 'quiet' },
  cancelled: { word: 'Cancelled', tone: 'quiet' },
}

export const stateWords = (state: OperationState): { word: string; tone: Tone } => STATE_WORDS[state]

/** How one operation ended, in two or three words: "Stop succeeded", "Start failed", "Reboot sent, not proven". */
export function outcome(action: Action, state: OperationState): string {
  const words = ACTION_WORDS[action]
  if (state === 'unknown') return `${words.noun} sent, not proven`
  return `${words.noun} ${STATE_WORDS[state].word.toLowerCase().replace('aws', 'AWS')}`
}
