import { describe, expect, it } from 'vitest'

import { hold, NOW } from '@/testing/wanted'
import { actionAtEnd, doneText, firstStep, heldBack, holdLabel, holdText, takesHold } from './kept'

const BERLIN = 'Europe/Berlin'

describe('what a hold does first', () => {
  it('is said by its button', () => {
    expect(holdLabel('running', 'on')).toBe('Keep on until')
    expect(holdLabel('stopped', 'on')).toBe('Start and keep on until')
    expect(holdLabel('stopping', 'on')).toBe('Start and keep on until')
    expect(holdLabel('rebooting', 'off')).toBe('Stop and keep off until')
    expect(holdLabel('stopped', 'off')).toBe('Keep off until')
    expect(firstStep('running', 'off')).toBe('stop')
    expect(firstStep('running', 'on')).toBeNull()
  })

  it('is nothing for a server that is gone', () => {
    expect(takesHold({ status: 'running', left_at: null })).toBe(true)
    expect(takesHold({ status: 'terminated', left_at: null })).toBe(false)
    expect(takesHold({ status: 'stopped', left_at: '2026-11-23T10:00:00Z' })).toBe(false)
  })
})

describe('a hold on its row', () => {
  const stop = { at: '2026-11-23T19:00:00Z', action: 'stop' as const, state: 'skipped' }
  it('tells who, until when, and what the rule says', () => {
    expect(holdText(hold(), stop, BERLIN, NOW)).toBe('Kept on by Sam until 21:00 (rule says 20:00)')
    expect(holdText(hold({ author: { name: '', email: 'sam@example.com' } }), undefined, BERLIN, NOW)).toBe('Kept on by sam@example.com until 21:00')
    expect(holdText(hold({ want: 'off', author: null, until: '2026-11-24T07:00:00Z' }), undefined, BERLIN, NOW)).toBe('Kept off until tomorrow 08:00')
    expect(doneText(hold(), BERLIN, NOW)).toBe('Kept on until 21:00')
  })

  it('ends with what is planned from that moment on', () => {
    const off = { from: '2026-11-23T20:00:00.000Z', want: 'off' as const }
    expect(actionAtEnd(hold(), [off])).toBe('stop')
    expect(actionAtEnd(hold({ want: 'off' }), [{ ...off, want: 'on' }])).toBe('start')
    expect(actionAtEnd(hold({ want: 'off' }), [off])).toBeNull()
    expect(actionAtEnd(hold({ until: '2026-11-24T07:00:00Z' }), [off])).toBeNull()
  })

  it('keeps from running what is against it and within it', () => {
    const late = { ...stop, at: '2026-11-23T20:00:00Z' }
    expect(heldBack(hold(), [{ ...stop, action: 'start' }, stop, late])).toBe(stop)
    expect(heldBack(hold(), [{ ...stop, at: '2026-11-23T16:00:00Z' }, late])).toBeUndefined()
    expect(heldBack(hold(), [{ ...stop, state: 'succeeded' }])).toBeUndefined()
    expect(heldBack(hold({ want: 'off' }), [stop, { ...stop, action: 'start' }])?.action).toBe('start')
  })
})
