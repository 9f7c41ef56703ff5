/** What a person is told about a cloud account. */
import type { Account, AccountKind, AccountStatus, Health, HealthState } from './model'
import type { Shape, Tone } from './status'

interface Look { word: string; tone: Tone; shape: Shape }

const WORDS: Record<AccountStatus, Look> = {
  unchecked: { word: 'Not checked', tone: 'quiet', shape: 'dashed' },
  checking: { word: 'Checking', tone: 'busy', shape: 'loop' },
  ok: { word: 'Connected', tone: 'good', shape: 'disc' },
  denied: { word: 'Denied', tone: 'bad', shape: 'cross' },
  unreachable: { word: 'Not reachable', tone: 'warn', shape: 'dashed' },
  unusable: { word: 'Credentials unusable', tone: 'bad', shape: 'cross' },
}

const HINTS: Partial<Record<AccountStatus, string>> = {
  denied: 'AWS refused these credentials. Check the role’s trust and permission policy, then test again.',
  unreachable: 'AWS did not answer. The last known state stays on screen; test again in a minute.',
  unusable: 'The stored credentials cannot be opened. Enter them again.',
}

const HEALTH: Record<HealthState, Look> = {
  ok: WORDS.ok,
  denied: WORDS.denied,
  unusable: WORDS.unusable,
  throttled: { word: 'Throttled by AWS', tone: 'warn', shape: 'dashed' },
  unreachable: WORDS.unreachable,
  unreadable: { word: 'Not readable', tone: 'warn', shape: 'dashed' },
  unchecked: WORDS.unchecked,
}
const PARTLY: Look = { word: 'Actions denied', tone: 'warn', shape: 'alert' }
const WELL: readonly HealthState[] = ['ok', 'unchecked']

/** Looking works, and only some actions are refused. */
const onlyActing = ({ state, denied_actions: denied, regions_unreadable: unreadable }: Health): boolean =>
  state === 'denied' && denied.length > 0 && unreadable.length === 0

export const healthLook = (health: Health): Look => (onlyActing(health) ? PARTLY : HEALTH[health.state])

export const isUnwell = ({ health }: Account): boolean => !WELL.includes(health.state)

/** Why what is seen of a server, or asked of it, may come to nothing; null when its account is well. */
export function accountWarning(account: Account, region: string): string | null {
  const { health } = account
  if (!isUnwell(account)) return null
  const concerns = onlyActing(health) ? health.denied_actions.some((denied) => denied.region === region) : true
  const so = onlyActing(health) ? '' : ' What you see of this server may be old.'
  return concerns ? `${health.detail ?? ''}${so}`.trim() : null
}

export const KIND_WORDS: Record<AccountKind, string> = {
  role: 'Role with ExternalId',
  keys: 'Access keys',
  host: 'Host identity',
}

export const accountWords = (status: AccountStatus): Look => WORDS[status]

/** How an account stands, the looks of the last minutes included; a test under way is told first. */
export function accountLook(account: Account): Look {
  if (needsRole(account)) return { word: 'Needs its role', tone: 'warn', shape: 'dashed' }
  return account.status === 'ok' && isUnwell(account) ? healthLook(account.health) : accountWords(account.status)
}

/** A role account that still waits for the address of its role. */
export const needsRole = (account: Account): boolean => account.kind === 'role' && !account.role_arn

/** What the last test of the credentials said; told by the health as soon as looking fails too. */
export function accountTrouble(account: Account): string | null {
  if (needsRole(account) || isUnwell(account)) return null
  return account.last_error?.detail ?? HINTS[account.status] ?? null
}

/** Whether the answer on screen is about to change by itself. */
export const isUnsettled = (account: Account): boolean =>
  !needsRole(account) &&
  (account.status === 'checking' || account.status === 'unchecked' ||
    (account.status === 'ok' && account.regions.some((region) => region.enabled && !region.discovered_at && !region.look_error)))

export const ROLE_ARN = /^arn:aws[\w-]*:iam::\d{12}:role\/.+$/

export const REGIONS = [
  'us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'ca-central-1', 'ca-west-1', 'mx-central-1', 'sa-east-1',
  'eu-central-1', 'eu-central-2', 'eu-west-1', 'eu-west-2', 'eu-west-3', 'eu-north-1', 'eu-south-1', 'eu-south-2',
  'ap-south-1', 'ap-south-2', 'ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3', 'ap-southeast-4', 'ap-southeast-5',
  'ap-southeast-7', 'ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3', 'ap-east-1', 'ap-east-2',
  'me-central-1', 'me-south-1', 'il-central-1', 'af-south-1',
] as const
