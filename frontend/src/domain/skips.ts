/** Coming occurrences that somebody may leave out, and what is said about it. */
import type { Action, TimelineEntry } from './model'
import { ACTION_WORDS } from './status'
import { placedTime } from './time'

export interface Occurrence { action: Action; at: string; timezone: string }
/** One that may be skipped, or is: then with the id that takes it back. */
export interface Skippable extends Occurrence { rule: number; skip: number | null }

/** "Skip next stop (20:00)", "(tomorrow 08:00 Kolkata)"; `mine`: the zone of whoever reads it. */
export const skipLabel = ({ action, at, timezone }: Occurrence, mine: string, now: Date): string =>
  `Skip next ${ACTION_WORDS[action].noun.toLowerCase()} (${placedTime(at, timezone, mine, now)})`

/** "Stop 20:00 skipped". */
export const skippedText = ({ action, at, timezone }: Occurrence, mine: string, now: Date): string =>
  `${ACTION_WORDS[action].noun} ${placedTime(at, timezone, mine, now)} skipped`

interface Planned { at: string; action: Action | null; state: string | null; rule: number | null; skip: number | null }

/** Null for what a schedule, a hold or another rule keeps from running, and for what no rule plans. */
export function skippable({ at, action, state, rule, skip }: Planned, timezone: string): Skippable | null {
  if (action === null || rule === null || (state === 'skipped' && skip === null)) return null
  return { at, action, rule, skip, timezone }
}

/** The same of a planned entry of the line of time, which is told by the clock of whoever reads it. */
export const skippableEntry = (entry: TimelineEntry, mine: string): Skippable | null => (entry.kind === 'planned' ? skippable(entry, mine) : null)
