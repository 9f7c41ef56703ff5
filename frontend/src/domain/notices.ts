/** The words of a toast: what happened, to which server, and why. */
import type { Change, ChangeKind } from './changes'
import type { Operation } from './model'
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

const MANY: Partial<Record<ChangeKind, string>> = { stopped: 'stopped', started: 'started', rebooted: 'rebooted' }
const NAMES_SHOWN = 4
export const TOGETHER_FROM = 4

/** One notice for many servers that did the same at once; null for kinds that deserve one each. */
export function noticeOfMany(changes: readonly Change[]): Notice | null {
  const word = changes[0] && MANY[changes[0].kind]
  if (!word) return null
  const names = changes.slice(0, NAMES_SHOWN).map((change) => change.server.name).join(', ')
  const rest = changes.length - NAMES_SHOWN
  const description = rest > 0 ? `${names} and ${rest} more` : names
  return { title: `${changes.length} servers ${word}`, description, tone: 'success', lasts: false }
}
