/** The editor of hours on a page of its own, and the hands that move over its week. */
import { mount, type VueWrapper } from '@vue/test-utils'
import { vi } from 'vitest'
import { nextTick } from 'vue'

import HoursEditor from '@/components/schedules/HoursEditor.vue'
import type { TimeWindow } from '@/domain/model'
import { flush } from './browser'

export interface Shown { page: VueWrapper; windows: () => TimeWindow[] }

/** `narrow`: as on a phone. */
export function showHours(start: TimeWindow[], narrow = false): Shown {
  let windows = start
  vi.stubGlobal('matchMedia', (query: string) => ({
    matches: narrow && query.includes('max-width'), addEventListener: () => undefined, removeEventListener: () => undefined,
  }))
  const page: VueWrapper = mount(HoursEditor, {
    attachTo: document.body,
    props: { modelValue: start, problems: {}, 'onUpdate:modelValue': (next: TimeWindow[]) => void page.setProps({ modelValue: (windows = next) }) },
  })
  return { page, windows: () => windows }
}

export const row = (days: TimeWindow['days'], from: string, to: string): TimeWindow => ({ days, from, to })

export function cell(name: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(`[role=gridcell][aria-label="${name}"]`)
  if (!found) throw new Error(`No cell "${name}".`)
  return found
}

export const isOn = (name: string): boolean => cell(name).getAttribute('aria-selected') === 'true'
export const focused = (): string | null | undefined => document.activeElement?.getAttribute('aria-label')
export const said = (): string => document.querySelector('p[role=status]')?.textContent ?? ''

export async function key(name: string, more: KeyboardEventInit = {}): Promise<KeyboardEvent> {
  const event = new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true, ...more })
  document.activeElement?.dispatchEvent(event)
  await flush()
  await nextTick()
  return event
}

export async function pointer(what: string, target: EventTarget, more: PointerEventInit = {}): Promise<PointerEvent> {
  const event = new PointerEvent(what, { bubbles: true, cancelable: true, button: 0, pointerType: 'mouse', ...more })
  target.dispatchEvent(event)
  await flush()
  return event
}

export async function drag(from: string, to: string, more: PointerEventInit = {}): Promise<void> {
  await pointer('pointerdown', cell(from), more)
  await pointer('pointerover', cell(to), more)
}
