import { afterEach, describe, expect, it, vi } from 'vitest'

import { allZones, todaysName } from './zones'

afterEach(() => vi.restoreAllMocks())

describe('zones', () => {
  it('are called what they are called today', () => {
    expect(todaysName('Asia/Calcutta')).toBe('Asia/Kolkata')
    expect(todaysName('Europe/Berlin')).toBe('Europe/Berlin')
  })

  it('are listed once each, in order, whichever name the browser knows them by', () => {
    vi.spyOn(Intl, 'supportedValuesOf').mockReturnValue(['Europe/Kiev', 'Asia/Kolkata', 'Asia/Calcutta', 'Europe/Berlin'])
    expect(allZones()).toEqual(['Asia/Kolkata', 'Europe/Berlin', 'Europe/Kyiv'])
  })
})
