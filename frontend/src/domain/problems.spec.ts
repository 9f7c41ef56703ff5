import { describe, expect, it } from 'vitest'

import { byPointer, problemAt, unshown } from './problems'

const problems = byPointer([
  { pointer: '#/rules/0/cron', code: 'invalid_cron', detail: 'Five fields are needed.' },
  { pointer: '#/rules/0/cron', code: 'other', detail: 'A second thing.' },
  { pointer: '#/grace_seconds', code: 'too_small', detail: 'At least 60.' },
])

describe('problems at fields', () => {
  it('shows the first of each field', () => expect(problems['/rules/0/cron']).toBe('Five fields are needed.'))

  it('finds a problem anywhere under a part of the form', () => {
    expect(problemAt(problems, '/rules/0')).toBe('Five fields are needed.')
    expect(problemAt(problems, '/rules/1')).toBeUndefined()
    expect(problemAt({ '/rules/10/cron': 'x' }, '/rules/1')).toBeUndefined()
  })

  it('keeps what no field shows for the top of the form', () =>
    expect(unshown(problems, ['/rules', '/name'])).toEqual(['At least 60.']))
})
