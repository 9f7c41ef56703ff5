/** What was planned for a server and what it really did, as lines to read and as a strip to see at a glance. */
import type { Timeline, TimelineEntry } from './model'
import type { Tone } from './status'

/** Entries that are still to come and those that were, each nearest first. */
export function parted(entries: readonly TimelineEntry[], now: number): { coming: TimelineEntry[]; past: TimelineEntry[] } {
  const coming = entries.filter(({ at, kind }) => kind === 'planned' && Date.parse(at) > now)
  return { coming, past: entries.filter((entry) => !coming.includes(entry)).reverse() }
}

/** What a clock change does, AWS's own words, and that somebody knows; the entry's text says the rest. */
export function remarks({ observation, note }: TimelineEntry): string[] {
  return [note ?? '', observation?.reason ?? '', observation?.acknowledged_at ? 'Acknowledged.' : ''].filter(Boolean)
}

export const isOutside = ({ observation }: TimelineEntry): boolean => observation !== null && observation.cause === 'outside'

const TONES: Record<string, Tone> = { succeeded: 'good', failed: 'bad', unknown: 'warn', skipped: 'quiet', cancelled: 'quiet' }

export function entryTone(entry: TimelineEntry): Tone {
  if (isOutside(entry)) return 'warn'
  if (entry.kind === 'planned') return 'quiet'
  if (entry.kind === 'operation') return TONES[entry.state ?? ''] ?? 'busy'
  return 'quiet'
}

export type Power = 'on' | 'off' | 'between' | 'unseen'
/** A stretch of the strip, in fractions of its whole length. */
export interface Stretch { from: number; to: number; power: Power; planned: boolean }

const POWER: Record<string, Power> = { running: 'on', stopped: 'off', pending: 'between', stopping: 'between', terminated: 'off' }
export const powerOf = (state: string): Power => POWER[state] ?? 'unseen'
const AFTER: Record<string, Power> = { start: 'on', stop: 'off' }

interface Turn { at: number; power: Power }

function stretches(turns: readonly Turn[], end: number, planned: boolean): { from: number; to: number; power: Power; planned: boolean }[] {
  return turns
    .map(({ at, power }, place) => ({ from: at, to: turns[place + 1]?.at ?? end, power, planned }))
    .filter(({ from, to }) => to > from)
}

/** Without those that change nothing. */
const turning = (turns: readonly Turn[]): Turn[] => turns.filter(({ power }, place) => power !== turns[place - 1]?.power)

/** Seen states up to now, then what the schedules plan. `state`: what EC2 says now; `known`: nobody looked before. */
export function strip({ from, to, entries }: Timeline, state: string, now: number, known: number): Stretch[] {
  const [begin, end] = [Date.parse(from), Date.parse(to)]
  const present = Math.min(Math.max(now, begin), end)
  const seen = entries.flatMap((entry) => (entry.observation ? [{ at: Date.parse(entry.at), ...entry.observation }] : []))
  const first = seen[0] ? powerOf(seen[0].before) : powerOf(state)
  const looked = Math.min(Math.max(known, begin), seen[0]?.at ?? present)
  const past: Turn[] = [{ at: begin, power: 'unseen' }, { at: looked, power: first }, ...seen.map(({ at, after }) => ({ at, power: powerOf(after) }))]
  const plans = entries.flatMap(({ at, kind, action, state: fate }): Turn[] => {
    const power = AFTER[action ?? '']
    return kind === 'planned' && fate !== 'skipped' && power && Date.parse(at) > present ? [{ at: Date.parse(at), power }] : []
  })
  const whole = [
    ...stretches(past.filter(({ at }) => at < present), present, false),
    ...stretches(turning([{ at: present, power: powerOf(state) }, ...plans]), end, true),
  ]
  const share = (at: number): number => (at - begin) / (end - begin)
  return whole.map(({ from: start, to: stop, ...rest }) => ({ from: share(start), to: share(stop), ...rest }))
}

const WORDS: Record<Power, string> = { on: 'running', off: 'stopped', between: 'changing', unseen: 'not seen' }

/** The strip for those who cannot see it: shares of the past day. */
export function stripText(parts: readonly Stretch[]): string {
  const past = parts.filter(({ planned }) => !planned)
  const whole = past.reduce((sum, { from, to }) => sum + to - from, 0)
  if (whole <= 0) return 'Nothing seen yet'
  const share = (power: Power): number => past.filter((each) => each.power === power).reduce((sum, { from, to }) => sum + to - from, 0)
  const said = (Object.keys(WORDS) as Power[]).filter((power) => share(power) > 0).map((power) => `${WORDS[power]} ${Math.round((share(power) / whole) * 100)} %`)
  return `So far ${said.join(', ')} of the time`
}
