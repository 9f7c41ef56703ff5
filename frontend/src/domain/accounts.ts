/** What a person is told about a cloud account. */
import type { Account, AccountKind, Health, HealthState, Slowed } from './model'
import type { Shape, Tone } from './status'
import { span } from './time'

interface Look { word: string; tone: Tone; shape: Shape }

const CHECKING: Look = { word: 'Checking', tone: 'busy', shape: 'loop' }
const WAITS_FOR_ROLE: Look = { word: 'Needs its role', tone: 'warn', shape: 'dashed' }
const HEALTH: Record<HealthState, Look> = {
  ok: { word: 'Connected', tone: 'good', shape: 'disc' },
  denied: { word: 'Denied', tone: 'bad', shape: 'cross' },
  unusable: { word: 'Credentials unusable', tone: 'bad', shape: 'cross' },
  throttled: { word: 'Throttled by AWS', tone: 'warn', shape: 'dashed' },
  unreachable: { word: 'Not reachable', tone: 'warn', shape: 'dashed' },
  unreadable: { word: 'Not readable', tone: 'warn', shape: 'dashed' },
  unchecked: { word: 'Not checked', tone: 'quiet', shape: 'dashed' },
}
const PARTLY: Look = { word: 'Actions denied', tone: 'warn', shape: 'alert' }
const WELL: readonly HealthState[] = ['ok', 'unchecked']

/** Looking works, and only some actions are refused. */
const onlyActing = ({ state, denied_actions: denied, regions_unreadable: unreadable }: Health): boolean =>
  state === 'denied' && denied.length > 0 && unreadable.length === 0

export const healthLook = (health: Health): Look => (onlyActing(health) ? PARTLY : HEALTH[health.state])

export const isUnwell = ({ health }: Account): boolean => !WELL.includes(health.state)

/** Why what is seen of its servers, or asked of them, may come to nothing; null when the account is well.
 * IAM knows no regions, so a refused action concerns every server. */
export function accountWarning(account: Account): string | null {
  const { health } = account
  if (!isUnwell(account)) return null
  return `${health.detail ?? ''}${onlyActing(health) ? '' : ' What you see of this server may be old.'}`.trim()
}

const HALF = 50

/** That requests go out more slowly, since when, and what to look for. */
export function slowedWords({ region, action, since, share }: Slowed, now: number): string {
  const percent = Math.max(1, Math.round(share * 100))
  const speed = percent === HALF ? 'half as fast' : `at ${percent} % of the speed`
  return `AWS refused ${action} in ${region} as too many; ${speed} since ${span(now - Date.parse(since))}. Find what else asks EC2 in this account.`
}

export const KIND_WORDS: Record<AccountKind, string> = {
  role: 'Role with ExternalId',
  keys: 'Access keys',
  host: 'Host identity',
}

/** How an account stands: its health knows the last test as well as the looks since. */
export function accountLook(account: Account): Look {
  if (needsRole(account)) return WAITS_FOR_ROLE
  return account.status === 'checking' ? CHECKING : healthLook(account.health)
}

/** A role account that still waits for the address of its role. */
export const needsRole = (account: Account): boolean => account.kind === 'role' && !account.role_arn

const SEARCH_MS = 60_000

/** After a good test every region is searched anew, and what was wrong with one until then is soon over. */
const isSearched = ({ regions, checked_at: checked }: Account, now: number): boolean =>
  regions.every(({ enabled, discovered_at: found, look_error: error }) => !enabled || (error ? !(now - Date.parse(checked ?? '') < SEARCH_MS) : found))

/** Whether the answer on screen is about to change by itself. */
export const isUnsettled = (account: Account, now: number): boolean =>
  !needsRole(account) &&
  (account.status === 'checking' || account.status === 'unchecked' || (account.status === 'ok' && !isSearched(account, now)))

export const ROLE_ARN = /^arn:aws[\w-]*:iam::\d{12}:role\/.+$/

export const REGIONS = [
  'us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'ca-central-1', 'ca-west-1', 'mx-central-1', 'sa-east-1',
  'eu-central-1', 'eu-central-2', 'eu-west-1', 'eu-west-2', 'eu-west-3', 'eu-north-1', 'eu-south-1', 'eu-south-2',
  'ap-south-1', 'ap-south-2', 'ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3', 'ap-southeast-4', 'ap-southeast-5',
  'ap-southeast-7', 'ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3', 'ap-east-1', 'ap-east-2',
  'me-central-1', 'me-south-1', 'il-central-1', 'af-south-1',
] as const
