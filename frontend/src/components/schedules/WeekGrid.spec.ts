import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick, ref } from 'vue'

import { OFFICE } from '@/domain/presets'
import { button, press } from '@/testing/page'
import { cell, drag, focused, isOn, key, pointer, row, said, showHours, type Shown } from '@/testing/week'

vi.mock('@/composables/queries', () => ({ useSchedules: () => ({ data: ref(undefined) }) }))

let shown: Shown

afterEach(() => {
  shown.page.unmount()
  document.body.replaceChildren()
})

describe('the week with the keyboard', () => {
  beforeEach(() => {
    shown = showHours([])
    cell('Mon 00:00').focus()
  })

  it('is one stop for Tab, at the cell that had the focus last', async () => {
    const stops = (): string[] => [...document.querySelectorAll('[role=grid] [tabindex="0"]')].map((each) => each.getAttribute('aria-label') ?? '')
    expect(stops()).toEqual(['Mon 00:00'])
    await key('ArrowDown')
    await key('ArrowRight')
    expect(focused()).toBe('Tue 01:00')
    expect(stops()).toEqual(['Tue 01:00'])
    await key('ArrowUp')
    await key('ArrowUp')
    expect(focused()).toBe('01:00 on every day')
    expect(stops()).toEqual(['01:00 on every day'])
  })

  it('switches a cell with Space, and says it', async () => {
    await key(' ')
    expect(shown.windows()).toEqual([row(['mon'], '00:00', '01:00')])
    expect(said()).toBe('Monday, 00:00 to 01:00: on. 1 hour on a week.')
    await key(' ')
    expect(shown.windows()).toEqual([])
  })

  it('begins a new range where the focus was put by other ways than its keys', async () => {
    await key('ArrowRight', { shiftKey: true })
    cell('Sat 10:00').focus()
    await key('ArrowRight', { shiftKey: true })
    expect(shown.windows()).toEqual([row(['mon'], '00:00', '02:00'), row(['sat'], '10:00', '12:00')])
  })

  it('paints a range with Shift and arrows, and gives back what is left of it', async () => {
    await key('ArrowRight')
    await key('ArrowRight', { shiftKey: true })
    await key('ArrowRight', { shiftKey: true })
    await key('ArrowDown', { shiftKey: true })
    expect(shown.windows()).toEqual([row(['mon', 'tue'], '01:00', '04:00')])
    expect(focused()).toBe('Tue 03:00')
    await key('ArrowLeft', { shiftKey: true })
    await key('ArrowUp', { shiftKey: true })
    expect(shown.windows()).toEqual([row(['mon'], '01:00', '03:00')])
  })

  it('paints on with what Space made of the first cell', async () => {
    await key(' ')
    await key('ArrowRight', { shiftKey: true })
    expect(shown.windows()).toEqual([row(['mon'], '00:00', '02:00')])
    await key('Home')
    await key(' ')
    await key('ArrowRight', { shiftKey: true })
    expect(shown.windows()).toEqual([])
  })

  it('begins a new range wherever the focus went without Shift', async () => {
    await key('ArrowRight', { shiftKey: true })
    await key('ArrowDown')
    await key('ArrowRight', { shiftKey: true })
    expect(shown.windows()).toEqual([row(['mon'], '00:00', '02:00'), row(['tue'], '01:00', '03:00')])
  })

  it('never paints the headers', async () => {
    await key('ArrowLeft', { shiftKey: true })
    await key('ArrowUp', { shiftKey: true })
    expect(shown.windows()).toEqual([])
    expect(focused()).toBe('Mon 00:00')
  })

  it('paints to the ends with Shift, Home, End and Ctrl', async () => {
    await key('End', { shiftKey: true })
    expect(shown.windows()).toEqual([row(['mon'], '00:00', '00:00')])
    await key('End', { shiftKey: true, ctrlKey: true })
    expect(shown.windows()).toEqual([row(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], '00:00', '00:00')])
    expect(focused()).toBe('Sun 23:00')
  })

  it('takes a whole range back with one Ctrl+Z, and does it again with Ctrl+Y', async () => {
    await key(' ')
    await key('ArrowRight', { shiftKey: true })
    await key('ArrowRight', { shiftKey: true })
    await key('z', { ctrlKey: true })
    expect(shown.windows()).toEqual([])
    expect(said()).toBe('Undone. 0 hours on a week.')
    await key('y', { ctrlKey: true })
    expect(shown.windows()).toEqual([row(['mon'], '00:00', '03:00')])
    await key('Z', { ctrlKey: true })
    await key('Z', { ctrlKey: true, shiftKey: true })
    expect(shown.windows()).toEqual([row(['mon'], '00:00', '03:00')])
  })

  it('copies a day with C and V', async () => {
    await key(' ')
    await key('c')
    expect(said()).toBe('Monday copied: 00:00-01:00.')
    await key('ArrowDown')
    await key('v')
    expect(shown.windows()).toEqual([row(['mon', 'tue'], '00:00', '01:00')])
  })

  it('has nothing to paste at first, and leaves the browser its own keys', async () => {
    await key('v')
    expect(said()).toBe('Copy a day first: c.')
    expect((await key('c', { ctrlKey: true })).defaultPrevented).toBe(false)
    expect((await key('ArrowLeft', { altKey: true })).defaultPrevented).toBe(false)
    expect((await key('Tab')).defaultPrevented).toBe(false)
    expect(shown.windows()).toEqual([])
  })

  it('switches one hour of every day at its header', async () => {
    await press(shown.page, '09:00 on every day')
    expect(shown.windows()).toEqual([row(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], '09:00', '10:00')])
    await press(shown.page, '09:00 on every day')
    expect(shown.windows()).toEqual([])
  })

  it('keeps the arrows for the grid at a day’s name, whose menu would open on them', async () => {
    await key('ArrowLeft')
    expect(focused()).toBe('Mon: fill, clear or copy')
    await key('ArrowDown')
    expect(focused()).toBe('Tue: fill, clear or copy')
    expect(document.querySelector('[role=menu]')).toBeNull()
  })

  it('has a cell for each half hour when told to, and one header above both', async () => {
    await key('ArrowRight')
    document.querySelector<HTMLInputElement>('input[value="30"]')?.click()
    await nextTick()
    cell('Mon 08:30').focus()
    await key(' ')
    expect(shown.windows()).toEqual([row(['mon'], '08:30', '09:00')])
    await key('ArrowUp')
    expect(focused()).toBe('08:00 on every day')
  })
})

describe('the week with a mouse', () => {
  beforeEach(() => void (shown = showHours([OFFICE])))

  it('paints the opposite of the pressed cell over a rectangle, once the button is up', async () => {
    await drag('Sat 10:00', 'Sun 11:00')
    expect(isOn('Sun 10:00')).toBe(true)
    expect(shown.windows()).toEqual([OFFICE])
    await pointer('pointerup', window)
    expect(shown.windows()).toEqual([OFFICE, row(['sat', 'sun'], '10:00', '12:00')])
    await drag('Mon 08:00', 'Tue 08:00')
    await pointer('pointerup', window)
    expect(shown.windows()[0]).toEqual(row(['mon', 'tue'], '09:00', '20:00'))
  })

  it('gives the pressed cell the focus, which the browser would not do any more', async () => {
    const event = await pointer('pointerdown', cell('Wed 22:00'))
    expect(event.defaultPrevented).toBe(true)
    expect(focused()).toBe('Wed 22:00')
  })

  it('changes nothing when Escape is pressed on the way', async () => {
    await drag('Sat 10:00', 'Sun 11:00')
    await key('Escape')
    expect(isOn('Sun 10:00')).toBe(false)
    await pointer('pointerup', window)
    expect(shown.windows()).toEqual([OFFICE])
  })

  it('paints to the other corner with Shift', async () => {
    await pointer('pointerdown', cell('Sat 10:00'))
    await pointer('pointerup', window)
    await pointer('pointerdown', cell('Sun 13:00'), { shiftKey: true })
    await pointer('pointerup', window)
    expect(shown.windows()).toEqual([OFFICE, row(['sat', 'sun'], '10:00', '14:00')])
  })

  it('heeds no other button', async () => {
    await pointer('pointerdown', cell('Sat 10:00'), { button: 2 })
    await pointer('pointerup', window)
    expect(shown.windows()).toEqual([OFFICE])
  })

  it('is painted once by a press and the click that follows it, and by a click alone', async () => {
    await pointer('pointerdown', cell('Sat 10:00'))
    await pointer('pointerup', window)
    await pointer('click', cell('Sat 10:00'))
    expect(isOn('Sat 10:00')).toBe(true)
    await new Promise((done) => setTimeout(done))
    await pointer('click', cell('Sat 10:00'))
    expect(isOn('Sat 10:00')).toBe(false)
  })
})

describe('the week under a finger', () => {
  const finger = { pointerType: 'touch' }

  beforeEach(() => {
    shown = showHours([], true)
  })

  it('shows one day at a time, after the rows', async () => {
    expect(document.querySelectorAll('[role=gridcell]')).toHaveLength(24)
    await press(shown.page, 'Wed 0 h on')
    cell('Wed 08:00').focus()
    await key('ArrowDown')
    await key('ArrowRight')
    expect(focused()).toBe('Thu 09:00')
    const [first] = document.querySelectorAll('[role=grid], button')
    expect(first?.getAttribute('role')).not.toBe('grid')
    expect(shown.page.text().indexOf('Add hours')).toBeLessThan(shown.page.text().indexOf('Tap an hour'))
  })

  it('is switched by a tap, and left alone by a finger that scrolls', async () => {
    const event = await pointer('pointerdown', cell('Mon 08:00'), finger)
    await pointer('pointerover', cell('Mon 10:00'), finger)
    await pointer('pointerup', window, finger)
    expect(event.defaultPrevented).toBe(false)
    expect(shown.windows()).toEqual([])
    await pointer('click', cell('Mon 08:00'), finger)
    expect(shown.windows()).toEqual([row(['mon'], '08:00', '09:00')])
  })

  it('is painted by a finger when that was chosen', async () => {
    await press(shown.page, 'Paint by dragging')
    expect(button(shown.page, 'Paint by dragging').getAttribute('aria-pressed')).toBe('true')
    await drag('Mon 08:00', 'Mon 10:00', finger)
    await pointer('pointerup', window, finger)
    expect(shown.windows()).toEqual([row(['mon'], '08:00', '11:00')])
    expect(cell('Mon 08:00').className).toContain('touch-none')
  })

  it('forgets a drag that the browser took over', async () => {
    await press(shown.page, 'Paint by dragging')
    await drag('Mon 08:00', 'Mon 10:00', finger)
    await pointer('pointercancel', window, finger)
    await pointer('pointerup', window, finger)
    expect(shown.windows()).toEqual([])
  })
})

describe('the week in half hours', () => {
  it('begins to read at six, not beneath the names of the days', async () => {
    vi.spyOn(HTMLElement.prototype, 'offsetLeft', 'get').mockReturnValue(348)
    vi.spyOn(HTMLElement.prototype, 'offsetWidth', 'get').mockReturnValue(60)
    shown = showHours([])
    const half = [...document.querySelectorAll('label')].find((each) => each.textContent.trim() === '30 min')
    half?.querySelector('input')?.click()
    await vi.waitFor(() => expect(document.querySelector('[role=grid]')?.parentElement?.scrollLeft).toBe(288))
    vi.restoreAllMocks()
  })
})
