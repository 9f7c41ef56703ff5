/** AWS's request limits in one account and region: as a person reads them and as one types one's own. */
import type { Limit, LimitBody, Rate } from './model'

export type Part = keyof Rate
export type LimitDraft = Record<Part, string>
export const PARTS: readonly Part[] = ['requests', 'requests_refill', 'servers', 'servers_refill']

const number = (value: number): string => new Intl.NumberFormat('en-GB', { maximumFractionDigits: 2 }).format(value)

/** "5 + 2/s": so many at once, so many more in a second. */
export const bucket = (size: number | null | undefined, refill: number | null | undefined): string =>
  size === null || size === undefined ? '–' : `${number(size)} + ${number(refill ?? 0)}/s`

export interface Left { requests: number; servers: number | null }

/** What a bucket holds by now: what was left when it was last taken from, and what has come back since. */
export function leftNow({ tokens, effective }: Limit, now: number): Left | null {
  if (!tokens) return null
  const seconds = Math.max(0, now - Date.parse(tokens.at)) / 1_000
  const filled = (left: number, size: number | null, refill: number | null): number =>
    Math.floor(Math.min(size ?? left, left + seconds * (refill ?? 0)))
  return {
    requests: filled(tokens.requests, effective.requests, effective.requests_refill),
    servers: tokens.servers === null ? null : filled(tokens.servers, effective.servers, effective.servers_refill),
  }
}

/** Requests and server starts do not count servers when there is no such bucket, as with reboots. */
export const countsServers = (limit: Limit): boolean => limit.aws.servers !== null

export const partsOf = (limit: Limit): readonly Part[] => (countsServers(limit) ? PARTS : PARTS.slice(0, 2))

/** Empty where AWS's own figure holds. */
export const draftOfLimit = ({ custom }: Limit): LimitDraft => {
  const text = (part: Part): string => (custom?.[part] === null || custom?.[part] === undefined ? '' : String(custom[part]))
  return { requests: text('requests'), requests_refill: text('requests_refill'), servers: text('servers'), servers_refill: text('servers_refill') }
}

/** What cannot be right, by part. */
export function wrongParts(limit: Limit, draft: LimitDraft): Partial<Record<Part, string>> {
  const wrong = partsOf(limit).filter((part) => draft[part].trim() !== '' && !(Number(draft[part]) > 0))
  return Object.fromEntries(wrong.map((part) => [part, 'Enter a number above zero, or leave it empty for AWS’s own.']))
}

export function limitBody(limit: Limit, draft: LimitDraft): LimitBody {
  const parts = partsOf(limit).map((part) => [part, draft[part].trim() === '' ? null : Number(draft[part])])
  return { region: limit.region.id, action: limit.action, ...Object.fromEntries(parts) }
}

export const backToAws = (limit: Limit): LimitBody =>
  limitBody(limit, { requests: '', requests_refill: '', servers: '', servers_refill: '' })
