import { expect, it } from 'vitest'

import { reaches } from './roles'

it('a role may do what a lower one may, and nothing unknown may anything', () => {
  expect(['viewer', 'operator', 'editor', 'admin', 'owner'].map((role) => reaches(role, 'operator'))).toEqual([false, true, true, true, true])
  expect(['operator', 'editor'].map((role) => reaches(role, 'editor'))).toEqual([false, true])
  expect(reaches(undefined, 'operator')).toBe(false)
  expect(reaches('guest', 'operator')).toBe(false)
})
