import { describe, expect, it } from 'vitest'

import { causeText, reactionText, wantsAcknowledging } from './drift'

describe('a change that was not asked for here', () => {
  it('says who made it, as far as EC2 tells', () => {
    expect(causeText('outside', 'inside')).toBe('Changed outside, from inside the server')
    expect(causeText('outside', 'unknown')).toBe('Changed outside, EC2 does not tell by whom')
    expect(causeText('unknown', 'unknown')).toBe('Nobody knows who changed it')
    expect(causeText('ours', 'api')).toBeNull()
  })

  it('says what was done about it', () => {
    expect(reactionText('put_back')).toBe('Put back')
    expect(reactionText('spared')).toContain('protected')
    expect(reactionText(null)).toBeNull()
  })

  it('wants a word only where somebody asked to be told, and only once', () => {
    expect(wantsAcknowledging({ reaction: 'alerted', acknowledged_at: null })).toBe(true)
    expect(wantsAcknowledging({ reaction: 'given_up', acknowledged_at: null })).toBe(true)
    expect(wantsAcknowledging({ reaction: 'alerted', acknowledged_at: '2026-11-23T17:00:00Z' })).toBe(false)
    expect(wantsAcknowledging({ reaction: 'put_back', acknowledged_at: null })).toBe(false)
  })
})
