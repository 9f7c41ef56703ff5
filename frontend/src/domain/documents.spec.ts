import { describe, expect, it } from 'vitest'

import { changesNothing, importWords, problemText, sideText } from './documents'
import type { Imported } from './model'

const imported = (part: Partial<Imported> = {}): Imported => ({
  dry_run: true, created: [], changed: [], unchanged: [], removed: [], stops_soon: [], confirm: null, ...part,
})

describe('importing in words', () => {
  it('counts what changes and what stays', () => {
    expect(importWords(imported({ created: ['a'], removed: ['b', 'c'], unchanged: ['d'] }))).toBe('1 created, 2 deleted; 1 stays as it is.')
    expect(importWords(imported({ changed: [{ name: 'a', fields: [] }] }))).toBe('1 changed.')
  })

  it('says that nothing changes', () => {
    expect(importWords(imported({ unchanged: ['a', 'b'] }))).toBe('Nothing changes: 2 stay as they are.')
    expect(importWords(imported())).toBe('The document has no schedules, and nothing changes.')
    expect(changesNothing(imported({ unchanged: ['a'] }))).toBe(true)
    expect(changesNothing(imported({ removed: ['a'] }))).toBe(false)
  })

  it('says a side that is not there', () => {
    expect(sideText(null)).toBe('nothing')
    expect(sideText('20:00')).toBe('20:00')
  })
})

describe('what is wrong with a document', () => {
  const wrong = (pointer: string, detail: string): string => problemText({ pointer, code: 'invalid', detail })

  it('is told with its place, and with its line where that is known', () => {
    expect(wrong('#/document/schedules/0/rules/0/action', 'Line 5: Choose one of start, stop.')).toBe('Line 5, schedule 1, rules: Choose one of start, stop.')
    expect(wrong('#/document/schedules/0', 'Line 2: Give it a name.')).toBe('Line 2, schedule 1: Give it a name.')
    expect(wrong('#/schedules/2/tag_query', 'No.')).toBe('Schedule 3, tag query: No.')
    expect(wrong('#/document', 'It is empty.')).toBe('It is empty.')
  })
})
