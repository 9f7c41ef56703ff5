/** When to ask the API for statuses again. All numbers of the polling contract stand here. */

export const EVERY_MS = 10_000
export const OWN_EVERY_MS = 4_000
export const AFTER_ASKING_MS = 1_000
export const AFTER_NEXT_ACTION_MS = 1_500
export const BACK_OFF_MS = [4_000, 8_000, 16_000, 32_000, 60_000] as const
export const JITTER = 0.2
export const ANSWER_WITHIN_MS = 8_000
export const FAILURES_UNTIL_BANNER = 2

export interface Situation {
  now: number
  failures: number
  /** The API's own Retry-After, when it gave one. */
  retryAfterMs?: number | null
  ownOpen: boolean
  nextActionAt: number | null
  random: number
}

/**
 * The next action whose own question is still to be asked. One that was due a moment ago has to be remembered: the
 * answers no longer mention it.
 */
export function nearestAction(known: readonly number[], remembered: number | null, now: number): number | null {
  const awaited = [...known, ...(remembered === null ? [] : [remembered])].filter((moment) => moment + AFTER_NEXT_ACTION_MS > now)
  return awaited.length > 0 ? Math.min(...awaited) : null
}

function backOff(failures: number, random: number): number {
  const base = BACK_OFF_MS[Math.min(failures, BACK_OFF_MS.length) - 1] ?? BACK_OFF_MS[0]
  return base * (1 - JITTER + 2 * JITTER * random)
}

/** Milliseconds to wait before the next question. */
export function nextDelay(situation: Situation): number {
  if (situation.failures > 0) return situation.retryAfterMs ?? backOff(situation.failures, situation.random)
  const every = situation.ownOpen ? OWN_EVERY_MS : EVERY_MS
  if (situation.nextActionAt === null) return every
  const afterIt = situation.nextActionAt + AFTER_NEXT_ACTION_MS - situation.now
  return afterIt > 0 ? Math.min(every, afterIt) : every
}
