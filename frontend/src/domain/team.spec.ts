import { describe, expect, it } from 'vitest'

import { invitation, me, member, NOW } from '@/testing/samples'
import { given, leaving, linkWords, manages, named, seenWords } from './team'

describe('people', () => {
  it('are managed by admins, and never by somebody below them', () => {
    expect(['viewer', 'editor', 'admin', 'owner'].map((role) => manages(me({ role }), 'operator'))).toEqual([false, false, true, true])
    expect(['admin', 'owner'].map((role) => manages(me({ role }), 'owner'))).toEqual([false, true])
    expect(manages(null, 'viewer')).toBe(false)
    expect(given(me({ role: 'admin' }))).toEqual(['viewer', 'operator', 'editor', 'admin'])
  })

  it('are told by their names, and when they were here', () => {
    expect([named({ name: 'Sam', email: 'sam@example.com' }), named({ name: '', email: 'sam@example.com' })]).toEqual(['Sam', 'sam@example.com'])
    expect(seenWords(member({ last_login: '2026-11-23T15:30:00Z' }), me(), NOW)).toBe('signed in 2 h ago')
    expect(seenWords(member({ last_login: null }), me(), NOW)).toBe('never signed in')
    expect(seenWords(member({ last_login: null }), me({ role: 'editor' }), NOW)).toBe('')
    expect(leaving(member(), me())).toContain('What they did stays')
    expect(leaving(member({ email: me().email }), me())).toContain('You can do nothing')
  })

  it('who are invited are told with who did it and for how long', () => {
    expect(linkWords(invitation(), NOW)).toBe('Invited as operator by Sam · ends in 7 d')
    expect(linkWords(invitation({ kind: 'reset', author: null, expires_at: '2026-11-23T20:30:00Z' }), NOW)).toBe('New password · ends in 3 h')
  })
})
