import { describe, expect, it } from 'vitest'

import { DAYS, fromCron, toCron, type Day } from './cron'

const WORKDAYS: Day[] = ['mon', 'tue', 'wed', 'thu', 'fri']

describe('days and a time as cron', () => {
  it.each<[Day[], string, string]>([
    [WORKDAYS, '18:30', '30 18 * * 1-5'],
    [[...DAYS], '00:00', '0 0 * * *'],
    [['sat', 'sun'], '07:05', '5 7 * * 0,6'],
    [['fri', 'sat', 'sun'], '20:00', '0 20 * * 0,5,6'],
    [['wed', 'mon'], '9:00', '0 9 * * 1,3'],
    [['sun'], '23:59', '59 23 * * 0'],
  ])('compiles %j at %s', (days, time, cron) => expect(toCron({ days, time })).toBe(cron))

  it.each<[Day[], string]>([[[], '18:30'], [['mon'], ''], [['mon'], '24:00'], [['mon'], '18:60']])(
    'is nothing yet for %j at "%s"', (days, time) => expect(toCron({ days, time })).toBeNull())

  it('comes back as it went, for every set of days', () => {
    for (let mask = 1; mask < 128; mask += 1) {
      const days = DAYS.filter((_, place) => mask & (1 << place))
      expect(fromCron(toCron({ days, time: '06:45' }) ?? '')).toEqual({ days, time: '06:45' })
    }
  })

  it.each([
    ['0 8 * * MON-FRI', WORKDAYS],
    ['0 8 * * 7', ['sun']],
    ['0 8 * * mon,wed', ['mon', 'wed']],
  ])('understands other spellings: %s', (cron, days) => expect(fromCron(cron)?.days).toEqual(days))

  it.each(['*/5 8 * * *', '0 8 1 * *', '0 8 * 12 *', '0 8 * * 1#2', '0 25 * * 1', '0 8 * * 5-1', 'nonsense', '', '0 8 * * 1-'])(
    'leaves to the cron field what says more: "%s"', (cron) => expect(fromCron(cron)).toBeNull())
})
