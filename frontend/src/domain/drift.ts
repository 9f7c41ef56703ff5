/** Changes that were not asked for here: who made them as far as EC2 tells, and what was done about them. */
import type { Choice } from './activity'
import type { Actor, Cause, Reaction } from './model'

const ACTORS: Record<Actor, string> = {
  unknown: 'EC2 does not tell by whom',
  api: 'through the AWS console or API',
  inside: 'from inside the server',
  aws: 'by AWS itself',
  spot: 'by Spot, which took the capacity back',
}

const REACTIONS: Record<Reaction, string> = {
  respected: 'Left as it is until the next action',
  put_back: 'Put back',
  alerted: 'Left as it is, and you were told',
  held: 'A hold wanted it so',
  spared: 'Left as it is: protected, or not to be put back this way',
  given_up: 'No longer put back, after three times in an hour',
}

const STATES: Record<string, string> = { pending: 'starting', 'shutting-down': 'terminated', '': 'new' }

/** EC2's word for a state as it is shown everywhere else. */
export const stateText = (state: string): string => STATES[state] ?? state

/** "Outside change, through the AWS console or API"; null for a change of our own. */
export function causeText(cause: Cause, actor: Actor): string | null {
  if (cause === 'ours') return null
  if (cause === 'unknown' && actor === 'unknown') return 'Nobody knows who changed it'
  return `Changed outside, ${ACTORS[actor]}`
}

export const reactionText = (reaction: Reaction | null): string | null => (reaction ? REACTIONS[reaction] : null)

/** A change somebody asked to be told about. */
export const wantsAcknowledging = (change: { reaction: Reaction | null; acknowledged_at: string | null }): boolean =>
  (change.reaction === 'alerted' || change.reaction === 'given_up') && change.acknowledged_at === null

export const REACTION_CHOICES: readonly Choice<Reaction>[] = [
  { value: '', text: 'Any reaction' }, { value: 'put_back', text: 'Put back' }, { value: 'alerted', text: 'Told' },
  { value: 'respected', text: 'Left as it was' }, { value: 'held', text: 'Held' }, { value: 'spared', text: 'Spared' }, { value: 'given_up', text: 'Given up' },
]
export const ACKNOWLEDGED_CHOICES: readonly Choice<'true' | 'false'>[] = [
  { value: '', text: 'Acknowledged or not' }, { value: 'false', text: 'Not acknowledged' }, { value: 'true', text: 'Acknowledged' },
]
