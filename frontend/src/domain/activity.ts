/** The choices of the activity's filters. An empty value means all. */

import type { Action, OperationState, Origin } from './model'

export interface Choice<Word extends string = string> { value: Word | ''; text: string }

export const STATE_CHOICES: readonly Choice<OperationState>[] = [
  { value: '', text: 'Any result' }, { value: 'succeeded', text: 'Succeeded' }, { value: 'failed', text: 'Failed' },
  { value: 'unknown', text: 'Not proven' }, { value: 'skipped', text: 'Skipped' }, { value: 'cancelled', text: 'Cancelled' },
  { value: 'requested', text: 'Requested' }, { value: 'sending', text: 'Sending' }, { value: 'accepted', text: 'Accepted by AWS' },
]
export const ACTION_CHOICES: readonly Choice<Action>[] = [
  { value: '', text: 'Any action' }, { value: 'start', text: 'Start' }, { value: 'stop', text: 'Stop' }, { value: 'reboot', text: 'Reboot' },
]
export const ORIGIN_CHOICES: readonly Choice<Origin>[] = [
  { value: '', text: 'Anybody' }, { value: 'rule', text: 'Schedules' }, { value: 'person', text: 'People' }, { value: 'token', text: 'API tokens' },
  { value: 'enforce', text: 'Put back' },
]

/** The chosen word, when it is one of the choices; an address may say anything. */
export const chosen = <Word extends string>(choices: readonly Choice<Word>[], value: unknown): Word | undefined =>
  choices.find((choice) => choice.value === value)?.value || undefined
