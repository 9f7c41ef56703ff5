/** What a person should know or do about a server: in a word, and the one step that comes next. */
import type { Attention, LiveServer, Operation } from './model'
import type { Tone } from './status'

/** `operation`: the way to whatever happened; `account`: the way to the account. */
export type NextStep = 'force_stop' | 'retry' | 'acknowledge' | 'operation' | 'account'

interface Words { word: string; tone: Tone }

const WORDS: Record<string, Words> = {
  stuck: { word: 'Stuck', tone: 'warn' },
  missing: { word: 'Missing at AWS', tone: 'warn' },
  no_capacity: { word: 'No capacity', tone: 'bad' },
  start_failed: { word: 'Start failed', tone: 'bad' },
  stop_failed: { word: 'Stop failed', tone: 'bad' },
  changed_outside: { word: 'Changed outside', tone: 'warn' },
  put_back_given_up: { word: 'No longer put back', tone: 'bad' },
  not_proven: { word: 'Not proven', tone: 'warn' },
  planned: { word: 'AWS event ahead', tone: 'warn' },
}
const DRIFT = ['changed_outside', 'put_back_given_up']

export const attentionWords = ({ code }: Attention): Words => WORDS[code] ?? { word: 'Needs attention', tone: 'warn' }

/** A stop that EC2 does not finish; anything else that is stuck cannot be forced. */
export const mayForceStop = (server: Pick<LiveServer, 'stuck_since' | 'observed_state'>): boolean =>
  server.stuck_since !== null && server.observed_state === 'stopping'

/** `operation`: the one behind it, as far as it is known here. */
export function nextStep(
  { code, operation: behind, observation }: Attention,
  server: Pick<LiveServer, 'stuck_since' | 'observed_state'>,
  operation: Pick<Operation, 'can_retry'> | undefined,
): NextStep | null {
  if (code === 'stuck' && mayForceStop(server)) return 'force_stop'
  if (DRIFT.includes(code)) return observation === null ? null : 'acknowledge'
  if (code === 'missing') return 'account'
  if (behind !== null) return operation?.can_retry ? 'retry' : 'operation'
  return null
}

const keyOf = ({ code, since, operation, observation }: Attention): string => `${code}:${observation ?? operation ?? since ?? ''}`

/** What was not there before. */
export function appeared(before: readonly Attention[], after: readonly Attention[]): Attention[] {
  const known = new Set(before.map(keyOf))
  return after.filter((each) => !known.has(keyOf(each)))
}
