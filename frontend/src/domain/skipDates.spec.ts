import { describe, expect, it } from 'vitest'

import { dayWords, isDay, joined, parsed, passedWords } from './skipDates'

const on = (day: string, note = ''): { day: string; note: string } => ({ day, note })

describe('pasted dates', () => {
  it.each([
    ['2026-12-25 Christmas', [on('2026-12-25', 'Christmas')]],
    ['2026-12-25, 2026-12-26;2027-01-01', [on('2026-12-25'), on('2026-12-26'), on('2027-01-01')]],
    ['2026-12-25: Christmas, all day\n\n 2026-12-31 – New Year’s Eve ', [on('2026-12-25', 'Christmas, all day'), on('2026-12-31', 'New Year’s Eve')]],
    ['2026-12-25\tChristmas\r\n2026-12-26', [on('2026-12-25', 'Christmas'), on('2026-12-26')]],
    ['', []],
  ])('are read from %j', (text, dates) => expect(parsed(text)).toEqual({ dates, left: '', problems: [] }))

  it('leave what was not understood as it was written, with the reason', () => {
    const found = parsed('2026-12-25 Christmas\nBoxing Day\n2027-02-29\n25.12.2026')
    expect(found.dates).toEqual([on('2026-12-25', 'Christmas')])
    expect(found.left).toBe('Boxing Day\n2027-02-29\n25.12.2026')
    expect(found.problems).toEqual([
      '“Boxing Day” does not begin with a date. Write it as 2026-12-25.', '2027-02-29 is not in the calendar.',
      '“25.12.2026” does not begin with a date. Write it as 2026-12-25.',
    ])
  })
})

describe('dates to leave out', () => {
  it('stand there once, in order, and keep their words unless there are new ones', () =>
    expect(joined([on('2026-12-25', 'Christmas'), on('2027-01-01')], [on('2026-12-25'), on('2026-11-26', 'Thanksgiving'), on('2027-01-01', 'New Year')])).toEqual([
      on('2026-11-26', 'Thanksgiving'), on('2026-12-25', 'Christmas'), on('2027-01-01', 'New Year'),
    ]))

  it('that came too late are told by their number', () => {
    expect([0, 1, 3].map(passedWords)).toEqual(['', ' One of them has passed already and changes nothing.', ' 3 of them have passed already and change nothing.'])
  })

  it('are days of the calendar', () => {
    expect(['2028-02-29', '2027-02-29', '2026-13-01', '2026-1-1', ''].map(isDay)).toEqual([true, false, false, false, false])
    expect(dayWords('2026-12-25')).toBe('Fri, 25 December 2026')
  })
})
