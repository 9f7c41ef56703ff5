import { describe, expect, it } from 'vitest'

import { NOW, token } from '@/testing/samples'
import { endOf, endWords, scopesFor, usualScope, useWords } from './tokens'

describe('tokens', () => {
  it('can be given no more than their maker may', () => {
    expect(scopesFor('viewer')).toEqual([{ value: 'viewer', text: 'viewer: only reads' }])
    expect(scopesFor('editor').map(({ value }) => value)).toEqual(['viewer', 'operator', 'editor'])
    expect(scopesFor('owner')).toHaveLength(5)
    expect([scopesFor(undefined), scopesFor('guest')]).toEqual([[], []])
    expect(['viewer', 'operator', 'owner'].map(usualScope)).toEqual(['viewer', 'operator', 'operator'])
  })

  it('say when they end, louder the nearer it is', () => {
    const words = (expires_at: string | null) => endWords(token({ expires_at }), NOW)
    expect(words('2026-12-23T17:30:00Z')).toEqual({ text: 'ends in 30 d', tone: 'quiet' })
    expect(words('2026-11-28T17:30:00Z')).toEqual({ text: 'ends in 5 d', tone: 'warn' })
    expect(words('2026-11-23T17:30:00Z')).toEqual({ text: 'ended just now', tone: 'bad' })
    expect(words('2026-11-20T17:30:00Z')).toEqual({ text: 'ended 3 d ago', tone: 'bad' })
    expect(words(null)).toEqual({ text: 'never ends', tone: 'warn' })
    expect(endOf('7', NOW)).toBe('2026-11-30T17:30:00.000Z')
  })

  it('say when they were used, no finer than it is kept', () => {
    const words = (last_used_at: string | null): string => useWords(token({ last_used_at }), NOW)
    expect(['2026-11-23T17:29:00Z', '2026-11-23T15:30:00Z', null].map(words)).toEqual(['used just now', 'used 2 h ago', 'never used'])
  })
})
