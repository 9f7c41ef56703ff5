import { describe, expect, it } from 'vitest'

import { entry } from '@/testing/samples'
import { appeared, attentionWords, mayForceStop, nextStep } from './attention'
import type { Attention } from './model'

const note = (part: Partial<Attention> = {}): Attention => ({ code: 'stuck', detail: '', since: null, operation: null, observation: null, ...part })
const stuck = entry({ status: 'stopping', observed_state: 'stopping', stuck_since: '2026-11-23T17:00:00Z' })

describe('what asks for attention', () => {
  it('offers Force stop for a stop that hangs, and for nothing else', () => {
    expect(nextStep(note(), stuck, undefined)).toBe('force_stop')
    expect(mayForceStop(entry({ ...stuck, observed_state: 'pending' }))).toBe(false)
    expect(mayForceStop(entry({ ...stuck, stuck_since: null }))).toBe(false)
    expect(nextStep(note(), entry({ ...stuck, observed_state: 'pending' }), undefined)).toBeNull()
  })

  it('offers Retry only while the API would take it', () => {
    const failed = note({ code: 'start_failed', operation: 7 })
    expect(nextStep(failed, entry(), { can_retry: true })).toBe('retry')
    expect(nextStep(failed, entry(), { can_retry: false })).toBe('operation')
    expect(nextStep(failed, entry(), undefined)).toBe('operation')
  })

  it('is acknowledged when somebody else made the change', () => {
    expect(nextStep(note({ code: 'changed_outside', observation: 9 }), entry(), undefined)).toBe('acknowledge')
    expect(nextStep(note({ code: 'put_back_given_up', observation: 9 }), entry(), undefined)).toBe('acknowledge')
  })

  it('leads to the account when the server is missing', () => expect(nextStep(note({ code: 'missing' }), entry(), undefined)).toBe('account'))

  it('has words for a code of tomorrow', () => expect(attentionWords(note({ code: 'new' })).word).toBe('Needs attention'))

  it('is new only when it was not there before', () => {
    const first = note({ code: 'changed_outside', observation: 9 })
    expect(appeared([], [first])).toEqual([first])
    expect(appeared([first], [{ ...first, detail: 'said differently' }])).toEqual([])
    expect(appeared([first], [{ ...first, observation: 10 }])).toHaveLength(1)
  })
})
