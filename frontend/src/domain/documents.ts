/** What importing schedules does, in words. */
import type { Imported } from './model'
import type { FieldProblem } from './problems'

const count = (names: readonly unknown[], word: string): string[] => (names.length > 0 ? [`${names.length} ${word}`] : [])

export const changesNothing = ({ created, changed, removed }: Imported): boolean => created.length + changed.length + removed.length === 0

/** "1 created, 2 changed, 1 deleted; 4 stay as they are." */
export function importWords(imported: Imported): string {
  const { created, changed, removed, unchanged } = imported
  const stays = unchanged.length === 0 ? '' : `${unchanged.length} ${unchanged.length === 1 ? 'stays as it is' : 'stay as they are'}`
  if (changesNothing(imported)) return stays ? `Nothing changes: ${stays}.` : 'The document has no schedules, and nothing changes.'
  const moves = [...count(created, 'created'), ...count(changed, 'changed'), ...count(removed, 'deleted')].join(', ')
  return `${moves}${stays && `; ${stays}`}.`
}

/** What is wrong with a document, and where: its line, and the place of the schedule in it. */
export function problemText({ pointer, detail }: FieldProblem): string {
  const [, place, field = ''] = /^#?\/(?:document\/)?schedules\/(\d+)(?:\/(\w+))?/.exec(pointer) ?? []
  if (place === undefined) return detail
  const [, line, words = detail] = /^Line (\d+): ([^]*)$/.exec(detail) ?? []
  return `${line ? `Line ${line}, schedule` : 'Schedule'} ${Number(place) + 1}${field && `, ${field.replaceAll('_', ' ')}`}: ${words}`
}

/** A null is a part that is not said on that side. */
export const sideText = (side: string | null): string => (side === null || side === '' ? 'nothing' : side)
