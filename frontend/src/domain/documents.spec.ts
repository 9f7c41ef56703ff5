import { describe, expect, it } from 'vitest'

import { changesNothing, importWords, sideText } from './documents'
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
