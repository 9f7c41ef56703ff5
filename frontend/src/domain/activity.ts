/** The choices of the activity's filters. An empty value means all. */

export interface Choice { value: string; text: string }

export const STATE_CHOICES: readonly Choice[] = [
  { value: '', text: 'Any result' }, { value: 'succeeded', text: 'Succeeded' }, { value: 'failed', text: 'Failed' },
  { value: 'unknown', text: 'Not proven' }, { value: 'skipped', text: 'Skipped' }, { value: 'cancelled', text: 'Cancelled' },
  { value: 'requested', text: 'Requested' }, { value: 'sending', text: 'Sending' }, { value: 'accepted', text: 'Accepted by AWS' },
]
export const ACTION_CHOICES: readonly Choice[] = [
  { value: '', text: 'Any action' }, { value: 'start', text: 'Start' }, { value: 'stop', text: 'Stop' }, { value: 'reboot', text: 'Reboot' },
]
export const ORIGIN_CHOICES: readonly Choice[] = [
  { value: '', text: 'Anybody' }, { value: 'rule', text: 'Schedules' }, { value: 'person', text: 'People' }, { value: 'token', text: 'API tokens' },
]
