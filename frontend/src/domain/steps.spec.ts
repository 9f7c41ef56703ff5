import { describe, expect, it } from 'vitest'

import { operation } from '@/testing/samples'
import type { Step } from './model'
import { mayHaveHappened, nounOf, requestIds, sincePrevious, stepTone } from './steps'

const step = (part: Partial<Step> = {}): Step => ({ at: '2026-11-23T17:30:00Z', what: 'sending', text: '', call: null, request_id: null, ...part })

describe('the steps of an operation', () => {
  it('tell the pause since the one before', () => {
    const steps = [step(), step({ at: '2026-11-23T17:30:04Z' })]
    expect(sincePrevious(steps, 0)).toBeNull()
    expect(sincePrevious(steps, 1)).toBe(4_000)
  })

  it('end in the colour of the end', () => {
    const ended = step({ what: 'ended' })
    expect(stepTone(ended, { state: 'succeeded' })).toBe('good')
    expect(stepTone(ended, { state: 'failed' })).toBe('bad')
    expect(stepTone(ended, { state: 'skipped' })).toBe('quiet')
    expect(stepTone(step({ what: 'put_off' }), { state: 'requested' })).toBe('warn')
  })

  it('name every request at AWS once', () =>
    expect(requestIds({ request_id: 'b' }, [step({ request_id: 'a' }), step({ request_id: 'b' }), step()])).toEqual(['a', 'b']))
})

describe('an operation', () => {
  it('asks back before a reboot that may have happened, and before nothing else', () => {
    expect(mayHaveHappened({ action: 'reboot', state: 'unknown' })).toBe(true)
    expect(mayHaveHappened({ action: 'reboot', state: 'failed' })).toBe(false)
    expect(mayHaveHappened({ action: 'stop', state: 'unknown' })).toBe(false)
  })

  it('is called as it was asked for', () => {
    expect(nounOf(operation())).toBe('Stop')
    expect(nounOf(operation({ options: { force: true, hibernate: false } }))).toBe('Force stop')
    expect(nounOf(operation({ options: { force: false, hibernate: true } }))).toBe('Hibernate')
  })
})
