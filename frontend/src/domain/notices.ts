/** The words of a toast: what happened, to which server, and why. */
import type { Change, ChangeKind } from './changes'
import type { Operation, Refusal } from './model'
import { reasonText } from './reasons'
import { ACTION_WORDS } from './status'

export type NoticeTone = 'success' | 'error' | 'info' | 'warning'
export interface Notice { title: string; description: string; tone: NoticeTone; lasts: boolean }

/** The sentence, led by the server's name unless it says the name itself. */
export const about = (name: string, sentence: string): string => (sentence.includes(name) ? sentence : `${name} · ${sentence}`)

const noun = (change: Change): string => (change.action ? ACTION_WORDS[change.action].noun : 'Operation')

const TITLES: Record<ChangeKind, (change: Change) => string> = {
  stopped: () => 'Server stopped',
  started: () => 'Server started',
  rebooted: () => 'Server rebooted',
  failed: (change) => `${noun(change)} failed`,
  unproven: (change) => `${noun(change)} sent, not proven`,
  ended: (change) => `${noun(change)} did not run`,
  gone: () => 'Server is gone',
  missing: () => 'Server is missing',
  stuck: () => 'Server is stuck',
  drifted: () => 'Server changed outside Cloudevy',
  put_back: () => 'Server put back',
  given_up: () => 'Server is no longer put back',
}

const TONES: Record<ChangeKind, NoticeTone> = {
  stopped: 'success', started: 'success', rebooted: 'success', failed: 'error',
  unproven: 'warning', ended: 'info', gone: 'warning', missing: 'warning', stuck: 'warning', drifted: 'warning', given_up: 'error',
  put_back: 'info',
}

const FACTS: Partial<Record<ChangeKind, string>> = {
  gone: 'terminated at AWS',
  missing: 'AWS no longer lists it',
}

/** "by Nightly Shutdown", "put back by Office hours", "you asked", "by dana@example.com", "changed outside Cloudevy". */
export function cause(change: Change, operation: Operation | null, mine: boolean): string | null {
  if (mine) return 'you asked'
  if (operation?.schedule) return `${operation.origin === 'enforce' ? 'put back by' : 'by'} ${operation.schedule.name}`
  if (operation?.author) return `by ${operation.author.name || operation.author.email}`
  if (change.operation !== null) return null
  return FACTS[change.kind] ?? 'changed outside Cloudevy'
}

const LASTING: readonly ChangeKind[] = ['failed', 'stuck', 'drifted', 'given_up']
const TROUBLED: readonly ChangeKind[] = [...LASTING, 'unproven', 'ended']

export function noticeOf(change: Change, operation: Operation | null, mine: boolean): Notice {
  const troubled = TROUBLED.includes(change.kind)
  const reason = troubled ? reasonText(operation?.reason ?? change.reason, operation?.detail ?? change.detail) : null
  const said = reason ?? cause(change, operation, mine)
  return {
    title: TITLES[change.kind](change),
    description: said ? about(change.server.name, said) : change.server.name,
    tone: TONES[change.kind],
    lasts: LASTING.includes(change.kind),
  }
}

const MANY: Partial<Record<ChangeKind, string>> = {
  stopped: 'stopped', started: 'started', rebooted: 'rebooted',
  stuck: 'are stuck', drifted: 'changed outside Cloudevy', given_up: 'are no longer put back',
}
const NAMES_SHOWN = 4
const TOGETHER_FROM = 4
/** What lasts is told apart up to a handful, because each needs a person. */
const TROUBLE_TOGETHER_FROM = 6

/** "a, b, c, d and 2 more". */
export function namesOf(names: readonly string[]): string {
  const rest = names.length - NAMES_SHOWN
  const shown = names.slice(0, NAMES_SHOWN).join(', ')
  return rest > 0 ? `${shown} and ${rest} more` : shown
}

/** Those alike that are told together, if there are enough of them; the others one by one. */
export function gathered<Each>(all: readonly Each[], keyOf: (each: Each) => string, from: (each: Each) => number): Each[][] {
  return [...Map.groupBy(all, keyOf).values()].flatMap((alike) =>
    alike[0] !== undefined && alike.length >= from(alike[0]) ? [alike] : alike.map((each) => [each]))
}

const isTrouble = ({ kind }: Change): boolean => TROUBLED.includes(kind)
const alikeBy = (change: Change): string =>
  isTrouble(change) ? `${change.kind} ${change.action} ${change.reason ?? change.detail}` : change.kind

function togetherFrom(change: Change): number {
  if (isTrouble(change)) return TROUBLE_TOGETHER_FROM
  return MANY[change.kind] ? TOGETHER_FROM : Infinity
}

/** The changes as they are told: many of one kind, and for one reason, as one. */
export const together = (changes: readonly Change[]): Change[][] => gathered(changes, alikeBy, togetherFrom)

/** What many wishes were refused for, each kind of refusal once when there are many of it. */
export const refusalsTogether = (refused: readonly Refusal[]): Refusal[][] =>
  gathered(refused, ({ code }) => code, () => TROUBLE_TOGETHER_FROM)

/** One notice for many servers with the same change; the reason is that of the first, said once. */
export function noticeOfMany(first: Change, others: readonly Change[]): Notice {
  const names = namesOf([first, ...others].map(({ server }) => server.name))
  const count = `${others.length + 1} servers`
  const word = MANY[first.kind]
  const why = isTrouble(first) ? reasonText(first.reason, first.detail) : null
  return {
    title: word ? `${count} ${word}` : `${TITLES[first.kind](first)} on ${count}`,
    description: why ? `${names} · ${why}` : names,
    tone: TONES[first.kind], lasts: LASTING.includes(first.kind),
  }
}
