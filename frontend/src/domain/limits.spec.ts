import { describe, expect, it } from 'vitest'

import { backToAws, bucket, draftOfLimit, leftNow, limitBody, partsOf, wrongParts } from './limits'
import type { Limit } from './model'

const AWS = { requests: 5, requests_refill: 2, servers: 1000, servers_refill: 2 }
const limit = (part: Partial<Limit> = {}): Limit => ({
  region: { id: 3, name: 'eu-central-1' }, action: 'start', aws: AWS, custom: null, learned: null, effective: AWS, tokens: null, ...part,
})
const own = { requests: 10, requests_refill: null, servers: null, servers_refill: 4.5 }

describe('a request limit', () => {
  it('is read as so many at once and so many more a second', () => {
    expect(bucket(1000, 2)).toBe('1,000 + 2/s')
    expect(bucket(null, 0)).toBe('–')
  })

  it('is typed with empty fields where AWS’s own figure holds', () => {
    const draft = draftOfLimit(limit({ custom: own }))
    expect(draft).toEqual({ requests: '10', requests_refill: '', servers: '', servers_refill: '4.5' })
    expect(limitBody(limit(), draft)).toEqual({ region: 3, action: 'start', requests: 10, requests_refill: null, servers: null, servers_refill: 4.5 })
  })

  it('goes back to AWS’s as a whole', () =>
    expect(backToAws(limit({ custom: own }))).toEqual({ region: 3, action: 'start', requests: null, requests_refill: null, servers: null, servers_refill: null }))

  it('has no figures for servers where AWS counts none', () => {
    const reboot = limit({ action: 'reboot', aws: { ...AWS, servers: null, servers_refill: 0 } })
    expect(partsOf(reboot)).toEqual(['requests', 'requests_refill'])
    expect(Object.keys(backToAws(reboot))).toEqual(['region', 'action', 'requests', 'requests_refill'])
  })

  it('has filled again since it was last taken from, and never holds more than its size', () => {
    const at = '2026-11-23T12:00:00Z'
    const used = limit({ tokens: { requests: 0.5, servers: 100, at }, effective: { ...AWS, servers_refill: 1 } })
    expect(leftNow(used, Date.parse(at))).toEqual({ requests: 0, servers: 100 })
    expect(leftNow(used, Date.parse(at) + 2_000)).toEqual({ requests: 4, servers: 102 })
    expect(leftNow(used, Date.parse(at) + 3_600_000)).toEqual({ requests: 5, servers: 1000 })
    expect(leftNow(used, Date.parse(at) - 60_000)).toEqual({ requests: 0, servers: 100 })
    const reboot = limit({ action: 'reboot', tokens: { requests: 1, servers: null, at }, effective: { ...AWS, servers: null } })
    expect(leftNow(reboot, Date.parse(at) + 1_000)).toEqual({ requests: 3, servers: null })
    expect(leftNow(limit(), 0)).toBeNull()
  })

  it('says at the field what cannot be', () => {
    const draft = { requests: '-1', requests_refill: 'two', servers: '', servers_refill: '3' }
    expect(Object.keys(wrongParts(limit(), draft))).toEqual(['requests', 'requests_refill'])
  })
})
