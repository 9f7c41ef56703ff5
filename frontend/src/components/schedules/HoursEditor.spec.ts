import { afterEach, describe, expect, it, vi } from 'vitest'
import { nextTick, ref } from 'vue'

import { OFFICE } from '@/domain/presets'
import { press } from '@/testing/page'
import { cell, isOn, key, pointer, row, said, showHours, type Shown } from '@/testing/week'

vi.mock('@/composables/queries', () => ({ useSchedules: () => ({ data: ref(undefined) }) }))

let shown: Shown

afterEach(() => {
  shown.page.unmount()
  document.body.replaceChildren()
})

describe('one value in two views', () => {
  const field = (label: string): HTMLInputElement => {
    const found = [...document.querySelectorAll('label')].find((each) => each.textContent.trim() === label)
    return document.getElementById(found?.htmlFor ?? '') as HTMLInputElement
  }
  const type = async (label: string, text: string): Promise<void> => {
    field(label).value = text
    field(label).dispatchEvent(new Event('input'))
    await nextTick()
  }

  it('shows minutes that no cell has as partly on, and keeps them', async () => {
    shown = showHours([OFFICE])
    await type('From', '08:15')
    expect(isOn('Mon 08:00, partly on')).toBe(false)
    expect(shown.windows()).toEqual([{ ...OFFICE, from: '08:15' }])
    await pointer('pointerdown', cell('Sat 10:00'))
    await pointer('pointerup', window)
    expect(shown.windows()[0]).toEqual({ ...OFFICE, from: '08:15' })
  })

  it('begins a new range after something was typed, which stays', async () => {
    shown = showHours([OFFICE])
    cell('Sat 10:00').focus()
    await key(' ')
    await type('From', '07:00')
    await key('ArrowRight', { shiftKey: true })
    expect(shown.windows()).toEqual([{ ...OFFICE, from: '07:00' }])
  })

  it('takes back all that was typed at once', async () => {
    shown = showHours([OFFICE])
    await type('From', '07:00')
    await type('From', '07:30')
    await press(shown.page, 'Undo')
    expect(shown.windows()).toEqual([OFFICE])
    await press(shown.page, 'Redo')
    expect(shown.windows()).toEqual([{ ...OFFICE, from: '07:30' }])
  })

  it('adds and removes hours, and says how long the odd ones last', async () => {
    shown = showHours([OFFICE])
    await press(shown.page, 'Add hours')
    expect(shown.windows()[1]).toEqual(row([], '08:00', '20:00'))
    await press(shown.page, 'Remove hours 2')
    expect(document.activeElement?.textContent).toContain('Add hours')
    await type('To', '06:00')
    expect(shown.page.text()).toContain('until the next day')
    await type('To', '08:00')
    expect(shown.page.text()).toContain('24 hours')
    await press(shown.page, 'Remove hours 1')
    expect(shown.page.text()).toContain('Never on.')
  })

  it('begins with a usual week, or with none', async () => {
    shown = showHours([OFFICE])
    await press(shown.page, 'Weekends off, Mon-Fri around the clock')
    expect(shown.windows()).toEqual([{ ...OFFICE, from: '00:00', to: '00:00' }])
    expect(said()).toContain('120 hours on a week.')
    await press(shown.page, 'Clear')
    expect(shown.windows()).toEqual([])
    await press(shown.page, 'Undo')
    expect(shown.windows()).toHaveLength(1)
  })
})
