/** The steps of one operation, and whether it may have worked although nobody saw it. */
import type { Operation, Step } from './model'
import { ACTION_WORDS, type Tone } from './status'

const TONES: Record<string, Tone> = {
  put_off: 'warn', waited: 'warn', unanswered: 'warn', hibernate_refused: 'warn', frozen: 'warn', halved: 'quiet', dropped: 'bad', dipped: 'busy',
  sent_again: 'busy', seen_after_silence: 'busy', sending: 'busy', accepted: 'busy',
}
const ENDS: Record<string, Tone> = { succeeded: 'good', failed: 'bad', unknown: 'warn' }

export const stepTone = (step: Step, operation: Pick<Operation, 'state'>): Tone =>
  step.what === 'ended' ? (ENDS[operation.state] ?? 'quiet') : (TONES[step.what] ?? 'quiet')

/** Milliseconds between a step and the one before it; null for the first. */
export function sincePrevious(steps: readonly Step[], place: number): number | null {
  const [step, before] = [steps[place], steps[place - 1]]
  return step && before ? Math.max(0, Date.parse(step.at) - Date.parse(before.at)) : null
}

/** The request ids of AWS that an operation went through, each once. */
export function requestIds(operation: Pick<Operation, 'request_id'>, steps: readonly Step[]): string[] {
  const all = [...steps.map(({ request_id: id }) => id), operation.request_id]
  return [...new Set(all.filter((id): id is string => Boolean(id)))]
}

/** A reboot that ended unknown may have happened; doing it twice must be a person's decision. */
export const mayHaveHappened = ({ action, state }: Pick<Operation, 'action' | 'state'>): boolean => action === 'reboot' && state === 'unknown'

/** "Stop", "Force stop", "Hibernate". */
export function nounOf({ action, options }: Pick<Operation, 'action' | 'options'>): string {
  if (options.force) return 'Force stop'
  return options.hibernate ? 'Hibernate' : ACTION_WORDS[action].noun
}
