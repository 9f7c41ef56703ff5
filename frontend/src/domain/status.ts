/** What a person is told about a server: a word, a shape and a tone for every status, and what may be asked of it. */
import type { Action, LiveServer, OperationState, Requested, Server, Status } from './model'

export type Tone = 'good' | 'quiet' | 'busy' | 'bad' | 'warn'
export type Shape = 'disc' | 'square' | 'up' | 'down' | 'loop' | 'cross' | 'dashed' | 'alert'
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

/** A server that went from EC2 is shown for its history alone. */
export const LEFT: Appearance = { word: 'No longer in EC2', tone: 'quiet', shape: 'cross' }
export const isChanging = (status: Status): boolean => CHANGING.includes(status)
export const isOpen = (state: OperationState): boolean => OPEN_STATES.includes(state)

type Askable = Pick<LiveServer, 'status' | 'requested'> & Partial<Pick<Server, 'restrictions' | 'left_at'>>

/** The actions that fit its state; none while something is already on its way. */
export function actionsFor(server: Askable): Action[] {
  if (server.requested || server.left_at) return []
  if (server.status === 'running') return ['stop', 'reboot']
  if (server.status === 'stopped') return ['start']
  return []
}

/** Why EC2 would never do this to the server; null when it would. */
export const restrictionFor = (server: Askable, action: Action): string | null =>
  server.restrictions?.find(({ actions }) => actions.includes(action))?.detail ?? null

/** Only where it was switched on when the server was made; EC2 has no later way. */
export const canHibernate = (server: Server): boolean => server.hibernation && server.status === 'running'

/** What fits its state and EC2 would not refuse anyway. */
export const possibleActions = (server: Askable): Action[] =>
  actionsFor(server).filter((action) => restrictionFor(server, action) === null)

/** A server a person should look at before the others. */
export const needsAttention = (server: Server): boolean => !server.left_at && server.attention.length > 0

const WAITS: Record<string, string> = {
  busy: 'another operation goes first', tokens: 'AWS’s rate limit', throttled: 'too many requests for AWS', no_capacity: 'no capacity', not_ready: 'the server is not ready',
  unreachable: 'AWS cannot be reached', refused: 'refused for now',
  quota: 'the account’s quota is used up', hibernation: 'not ready to hibernate', spot_request: 'its Spot request is not ready',
}

/** "Start requested", and why it waits: "Start requested: no capacity". */
export function requestedText({ action, waiting }: Requested): string {
  const asked = `${ACTION_WORDS[action].noun} requested`
  return waiting ? `${asked}: ${WAITS[waiting.code] ?? waiting.code.replaceAll('_', ' ')}` : asked
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

const STATE_SHAPES: Record<Tone, Shape> = { busy: 'loop', good: 'disc', bad: 'cross', quiet: 'square', warn: 'dashed' }

export const stateLook = (state: OperationState): Appearance => ({ ...STATE_WORDS[state], shape: STATE_SHAPES[STATE_WORDS[state].tone] })

export const stateWords = (state: OperationState): { word: string; tone: Tone } => STATE_WORDS[state]

/** How one operation ended, in two or three words: "Stop succeeded", "Start failed", "Reboot sent, not proven". */
export function outcome(action: Action, state: OperationState, noun: string = ACTION_WORDS[action].noun): string {
  if (state === 'unknown') return `${noun} sent, not proven`
  return `${noun} ${STATE_WORDS[state].word.toLowerCase().replace('aws', 'AWS')}`
}
