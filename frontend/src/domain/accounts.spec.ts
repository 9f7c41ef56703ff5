import { describe, expect, it } from 'vitest'

import type { Account, Health } from './model'
import { accountBody, accountDraftOf, blankAccount, missingInAccount, newAccountBody } from './accountDraft'
import { accountLook, accountWarning, isUnsettled, needsRole, slowedWords } from './accounts'

const NOW = Date.parse('2026-11-23T17:30:00Z')
const region = { id: 1, name: 'eu-central-1', enabled: true, looked_at: null, discovered_at: 'x', look_error: null, servers: 0 }
const account = (part: Partial<Account> = {}): Account => ({
  id: 1, name: 'Staging', kind: 'keys', aws_account_id: null, role_arn: null, external_id: null, access_key_last4: '7Q2X',
  regions: [region], status: 'ok', last_error: null, checked_at: null, created_at: '', servers: 0,
  health: { state: 'ok', since: null, detail: null, denied_actions: [], regions_unreadable: [], slowed: [] }, ...part,
})

describe('an account while it is entered', () => {
  it('may be a role whose address comes later', () => {
    const draft = { ...blankAccount(), name: 'Partner', regions: ['eu-west-1'] }
    expect(missingInAccount(draft, null)).toEqual({})
    expect(newAccountBody(draft)).toEqual({ name: 'Partner', kind: 'role', regions: ['eu-west-1'] })
  })

  it('refuses a role address that cannot be one', () => {
    const draft = { ...blankAccount(), name: 'Partner', regions: ['eu-west-1'], roleArn: 'arn:aws:iam::12:user/x' }
    expect(Object.keys(missingInAccount(draft, null))).toEqual(['/role_arn'])
  })

  it('needs both halves of a key', () => {
    const draft = { ...blankAccount(), kind: 'keys' as const, name: 'Old', regions: ['eu-west-1'], keyId: 'AKIA' }
    expect(Object.keys(missingInAccount(draft, null))).toEqual(['/secret_access_key'])
  })

  it('keeps stored keys where both halves are left empty', () => {
    const draft = accountDraftOf(account())
    expect(missingInAccount(draft, account())).toEqual({})
    expect(accountBody(draft)).toEqual({ name: 'Staging', regions: ['eu-central-1'] })
  })
})

describe('what is told about an account', () => {
  it('asks for the role before it complains about anything', () => {
    const waiting = account({ kind: 'role', status: 'denied' })
    expect(needsRole(waiting)).toBe(true)
    expect(accountLook(waiting).word).toBe('Needs its role')
    expect(isUnsettled(waiting, NOW)).toBe(false)
  })

  it('is unsettled until its regions were searched', () => {
    expect(isUnsettled(account({ status: 'checking' }), NOW)).toBe(true)
    expect(isUnsettled(account({ regions: [{ ...region, discovered_at: null }] }), NOW)).toBe(true)
    expect(isUnsettled(account(), NOW)).toBe(false)
  })

  it('is unsettled while what was wrong before a good test still stands at a region', () => {
    const before = [{ ...region, discovered_at: null, look_error: 'Wrong key.' }]
    const mended = account({ regions: before, checked_at: new Date(NOW - 2_000).toISOString() })
    expect(isUnsettled(mended, NOW)).toBe(true)
    expect(isUnsettled(mended, NOW + 60_000)).toBe(false)
    expect(isUnsettled({ ...mended, status: 'denied' }, NOW)).toBe(false)
    expect(isUnsettled({ ...mended, checked_at: null }, NOW)).toBe(false)
    expect(isUnsettled({ ...mended, regions: before.map((each) => ({ ...each, enabled: false })) }, NOW)).toBe(false)
  })
})

describe('the health of an account', () => {
  const health = (part: Partial<Health>): Health => ({ state: 'ok', since: null, detail: null, denied_actions: [], regions_unreadable: [], slowed: [], ...part })
  const denied = { action: 'stop', code: 'UnauthorizedOperation', message: '', region: 'eu-central-1', since: '', last: '' }

  it('is what the account looks like, whatever its last test said, unless a test is under way', () => {
    const throttled = health({ state: 'throttled', detail: 'Wait.' })
    expect(accountLook(account({ health: throttled })).word).toBe('Throttled by AWS')
    expect(accountLook(account({ health: throttled, status: 'checking' })).word).toBe('Checking')
    expect(accountLook(account()).word).toBe('Connected')
    const timedOutOnce = { code: 'upstream_timeout', detail: 'AWS did not answer in time.' }
    expect(accountLook(account({ status: 'unreachable', last_error: timedOutOnce })).word).toBe('Connected')
  })

  it('says how much slower AWS made us, and since when', () => {
    const slowed = { region: 'eu-central-1', action: 'start' as const, since: '2026-11-23T12:00:00Z', share: 0.5 }
    const now = Date.parse('2026-11-23T12:12:00Z')
    expect(slowedWords(slowed, now)).toBe(
      'AWS refused start in eu-central-1 as too many; half as fast since 12 min. Find what else asks EC2 in this account.')
    expect(slowedWords({ ...slowed, share: 0.254 }, now)).toContain('at 25 % of the speed since')
  })

  it('warns at a server that what is seen may be old', () => {
    expect(accountWarning(account())).toBeNull()
    expect(accountWarning(account({ health: health({ state: 'unreachable', detail: 'Check the network.' }) }))).toBe(
      'Check the network. What you see of this server may be old.')
  })

  it('with refused actions concerns the servers of every region, which are still seen', () => {
    const acting = account({ health: health({ state: 'denied', detail: 'Allow ec2:StopInstances.', denied_actions: [denied] }) })
    expect(accountLook(acting).word).toBe('Actions denied')
    expect(accountWarning(acting)).toBe('Allow ec2:StopInstances.')
  })
})
