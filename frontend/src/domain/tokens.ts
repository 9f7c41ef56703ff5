/** What is said of an API token: how mighty it is, when it ends, when it was used. Pure. */
import type { Role, Token } from './model'
import { ROLES } from './roles'
import { ago, until } from './time'

const DAY_MS = 86_400_000
/** A token that ends within a week should be replaced now. */
const SOON_MS = 7 * DAY_MS

export const LASTS: readonly { value: string; text: string }[] = [
  { value: '7', text: '7 days' }, { value: '30', text: '30 days' }, { value: '90', text: '90 days' }, { value: '365', text: 'A year' },
]
export const USUAL_DAYS = '90'

export const MAY: Record<Role, string> = {
  viewer: 'only reads', operator: 'starts, stops, holds', editor: 'changes schedules too', admin: 'changes accounts too', owner: 'everything',
}

/** The scopes that somebody of this role can give, the least first: no token does more than its maker. */
export const scopesFor = (role: string | undefined): { value: string; text: string }[] =>
  ROLES.slice(0, ROLES.findIndex((each) => each === role) + 1).map((each) => ({ value: each, text: `${each}: ${MAY[each]}` }))

/** What is usual for a machine, and no more than the maker may. */
export const usualScope = (role: string | undefined): Role => (role === 'viewer' ? 'viewer' : 'operator')

export const endOf = (days: string, now: number): string => new Date(now + Number(days) * DAY_MS).toISOString()

export interface End { text: string; tone: 'quiet' | 'warn' | 'bad' }
export function endWords({ expires_at }: Token, now: number): End {
  if (!expires_at) return { text: 'never ends', tone: 'warn' }
  const left = Date.parse(expires_at) - now
  if (left <= 0) return { text: `ended ${ago(-left)}`, tone: 'bad' }
  return { text: `ends ${until(left)}`, tone: left < SOON_MS ? 'warn' : 'quiet' }
}

/** To the minute, as it is kept. */
export function useWords({ last_used_at }: Token, now: number): string {
  if (!last_used_at) return 'never used'
  const since = now - Date.parse(last_used_at)
  return since < 120_000 ? 'used just now' : `used ${ago(since)}`
}
