import { describe, expect, it } from 'vitest'

import { allZones } from './zones'
import { zoneSearch } from './zoneSearch'

const WINTER = new Date('2026-11-29T12:00:00Z')
const ZONES = allZones()
const find = zoneSearch(ZONES, WINTER)
const names = (wanted: string): string[] => find(wanted).map(({ name }) => name)

describe('the search for a time zone', () => {
  it('finds a name, whatever its letters and blanks', () => {
    expect(names('berlin')).toEqual(['Europe/Berlin'])
    expect(names(' new york')).toEqual(['America/New_York'])
    expect(names('')).toEqual(ZONES)
  })

  it.each([
    ['Mumbai', 'Asia/Kolkata'], ['india', 'Asia/Kolkata'], ['frankf', 'Europe/Berlin'], ['N. Virginia', 'America/New_York'], ['virginia', 'America/New_York'],
    ['sao paulo', 'America/Sao_Paulo'], ['são paulo', 'America/Sao_Paulo'], ['tel aviv', 'Asia/Jerusalem'], ['cape town', 'Africa/Johannesburg'],
    ['eastern time', 'America/New_York'], ['central european', 'Europe/Berlin'], ['CET', 'Europe/Berlin'], ['EST', 'America/New_York'], ['ist', 'Asia/Kolkata'],
    ['calcutta', 'Asia/Kolkata'], ['kiev', 'Europe/Kyiv'], ['buenos', 'America/Argentina/Buenos_Aires'],
  ])('finds %s', (wanted, name) => {
    expect(names(wanted)).toContain(name)
  })

  it('tells what was meant where the name does not', () => {
    expect(find('mumbai')).toEqual([{ name: 'Asia/Kolkata', called: 'Mumbai' }])
    expect(find('kolkata')).toEqual([{ name: 'Asia/Kolkata' }])
  })

  it.each(['+5:30', 'UTC+05:30', 'gmt+5:30', 'utc +5:30', '+05:30'])('finds zones that are %s ahead', (wanted) => {
    expect(names(wanted)).toEqual(['Asia/Colombo', 'Asia/Kolkata'])
  })

  it('takes an hour for all of that hour, and no other', () => {
    expect(names('-3')).toContain('America/Sao_Paulo')
    expect(names('-3')).not.toContain('Europe/Berlin')
    expect(names('+1')).toContain('Europe/Berlin')
    expect(names('-3')).not.toContain('Asia/Tokyo')
  })

  it('puts names before words', () => {
    expect(names('london')[0]).toBe('Europe/London')
    expect(names('dublin')).toEqual(['Europe/Dublin'])
    expect(names('europe').map((name) => name.startsWith('Europe/')).lastIndexOf(true)).toBe(ZONES.filter((name) => name.startsWith('Europe/')).length - 1)
  })

  it('knows only zones that there are', () => {
    const known = ['Mumbai', 'Ohio', 'Ningxia', 'Geneva', 'Lviv', 'Wellington', 'Querétaro', 'Busan']
    for (const each of known) expect(find(each).filter(({ called }) => called === each)).toHaveLength(1)
  })

  it('puts big places before small ones', () => {
    expect(names('eastern time').slice(0, 2)).toEqual(['America/New_York', 'America/Toronto'])
    expect(names('eastern time')).toContain('America/Detroit')
  })

  it('finds nothing for what is no place', () => {
    expect(find('atlantis')).toEqual([])
  })
})
