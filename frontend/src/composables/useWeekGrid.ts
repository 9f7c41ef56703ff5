/** Painting a week with pointer, touch and keys. One cell is in the order of Tab; the arrows lead to the others. */
import { computed, nextTick, onScopeDispose, ref, shallowRef, watch } from 'vue'

import type { TimeWindow } from '@/domain/model'
import { dayAt, dayName, hoursOfDay, isCell, moved, opposite, paintedWords, rectangle, weekly, type Layout } from '@/domain/strokes'
import { cellsOf, copyDay, paint, type Cell, type Place, type Rectangle } from '@/domain/week'

export interface WeekGridOptions {
  root: () => HTMLElement | null
  windows: () => readonly TimeWindow[]
  layout: () => Layout
  /** Whether a finger paints; otherwise it scrolls, and a tap switches one cell. */
  fingerPaints: () => boolean
  change: (windows: TimeWindow[], step: string | null) => void
  say: (words: string) => void
  undo: () => void
  redo: () => void
}

/** A rectangle that grows from its anchor over what there was before. `end`: its other corner; `left`: the windows as it left them. */
interface Stroke { anchor: Place; end: Place; on: boolean; before: readonly TimeWindow[]; left: string; step: string }

let strokes = 0

/** A finger's events would go to the cell it first touched, wherever it is. */
function letGo({ target, pointerId }: PointerEvent): void {
  if (target instanceof Element && target.hasPointerCapture(pointerId)) target.releasePointerCapture(pointerId)
}

export function useWeekGrid(options: WeekGridOptions) {
  const focus = ref<Place>({ day: 0, slot: 0 })
  const copied = ref<number | null>(null)
  const dragging = shallowRef<{ stroke: Stroke; to: Place } | null>(null)
  let stroke: Stroke | null = null
  let pressed = false

  const step = computed(() => options.layout().step)
  const actual = computed(() => cellsOf(options.windows(), step.value))
  const cells = computed(() => {
    const drag = dragging.value
    return drag ? cellsOf(paint(drag.stroke.before, area(drag.stroke, drag.to), drag.stroke.on), step.value) : actual.value
  })

  const area = (from: Stroke, to: Place): Rectangle => rectangle(from.anchor, to, step.value)
  const cellAt = ({ day, slot }: Place): Cell | undefined => actual.value[day]?.[slot]
  const placeOf = (target: EventTarget | null): Place | null => {
    const found = target instanceof Element ? target.closest<HTMLElement>('[data-day]') : null
    return found ? { day: Number(found.dataset.day), slot: Number(found.dataset.slot) } : null
  }

  function begin(anchor: Place): Stroke {
    strokes += 1
    const before = options.windows()
    return { anchor, end: anchor, on: opposite(cellAt(anchor)), before, left: JSON.stringify(before), step: `stroke ${strokes}` }
  }

  /** The stroke that a corner belongs to: the last one, if nothing else changed the windows since. */
  const going = (anchor: Place): Stroke =>
    stroke && stroke.left === JSON.stringify(options.windows()) ? stroke : begin(anchor)

  function draw(from: Stroke, to: Place): void {
    const windows = paint(from.before, area(from, to), from.on)
    stroke = { ...from, end: to, left: JSON.stringify(windows) }
    options.change(windows, from.step)
    options.say(paintedWords(area(from, to), from.on, windows))
  }

  /** One area in a step of its own: on, unless all of it is on already. */
  function fill(whole: Rectangle): void {
    const on = JSON.stringify(cellsOf(paint(options.windows(), whole, true), 30)) !== JSON.stringify(cellsOf(options.windows(), 30))
    const windows = paint(options.windows(), whole, on)
    options.change(windows, null)
    options.say(paintedWords(whole, on, windows))
  }

  async function goTo(place: Place): Promise<void> {
    focus.value = place
    await nextTick()
    options.root()?.querySelector<HTMLElement>(`[data-day="${place.day}"][data-slot="${place.slot}"]`)?.focus()
  }

  function copy(day: number): void {
    copied.value = day
    options.say(`${dayName(day)} copied: ${hoursOfDay(options.windows(), day) || 'nothing begins on it'}.`)
  }

  function paste(days: readonly number[], from = copied.value): void {
    if (from === null) return options.say('Copy a day first: c.')
    const windows = copyDay(options.windows(), dayAt(from), days.map(dayAt))
    options.change(windows, null)
    options.say(`${dayName(from)} pasted to ${days.map(dayName).join(', ')}. ${weekly(windows)}`)
  }

  function onMove(event: KeyboardEvent, at: Place): boolean {
    const far = event.ctrlKey || event.metaKey
    const to = moved(at, event.key, far, options.layout())
    if (!to || (far && event.key.startsWith('Arrow'))) return false
    if (!event.shiftKey || !isCell(at)) stroke = null
    if (event.shiftKey && isCell(at) && isCell(to)) draw(going(at), to)
    if (!event.shiftKey || isCell(to)) void goTo(to)
    return true
  }

  function onLetter(event: KeyboardEvent, { day }: Place): boolean {
    const key = event.key.toLowerCase()
    if (event.ctrlKey || event.metaKey) {
      if (key !== 'z' && key !== 'y') return false
      if (key === 'y' || event.shiftKey) options.redo()
      else options.undo()
      return true
    }
    if (day < 0 || (key !== 'c' && key !== 'v')) return false
    if (key === 'c') copy(day)
    else paste([day])
    return true
  }

  function onKey(event: KeyboardEvent): void {
    const at = placeOf(event.target)
    if (!at || event.altKey) return
    if (event.key === 'Escape' && dragging.value) dragging.value = null
    else if (event.key === ' ' && isCell(at)) draw(begin(at), at)
    else if (!onMove(event, at) && !onLetter(event, at)) return
    event.preventDefault()
    event.stopPropagation()
  }

  function onPress(event: PointerEvent): void {
    const at = placeOf(event.target)
    if (!at || !isCell(at) || event.button !== 0) return
    if (event.pointerType === 'touch' && !options.fingerPaints()) return
    event.preventDefault()
    pressed = true
    letGo(event)
    void goTo(at)
    if (event.shiftKey && stroke) return draw(going(at), at)
    dragging.value = { stroke: begin(at), to: at }
  }

  function onOver(event: PointerEvent): void {
    const to = placeOf(event.target)
    if (dragging.value && to && isCell(to)) dragging.value = { ...dragging.value, to }
  }

  function onRelease(): void {
    const drag = dragging.value
    dragging.value = null
    if (drag) {
      draw(drag.stroke, drag.to)
      void goTo(drag.to)
    }
    // The click that follows belongs to this press; a later one, by a screen reader, does not.
    setTimeout(() => (pressed = false))
  }

  const onGiveUp = (): void => void (dragging.value = null)

  /** A tap, or a press by a screen reader. */
  function onClick(event: MouseEvent): void {
    const at = placeOf(event.target)
    if (pressed || !at || !isCell(at)) return
    draw(begin(at), at)
    void goTo(at)
  }

  function onFocus(event: FocusEvent): void {
    const at = placeOf(event.target)
    if (!at) return
    focus.value = at
    // Whoever comes to another place by other ways, as with a screen reader, begins anew there.
    if (stroke && (at.day !== stroke.end.day || at.slot !== stroke.end.slot)) stroke = null
  }

  // A finger or a mouse may leave the grid before it is lifted.
  window.addEventListener('pointerup', onRelease)
  window.addEventListener('pointercancel', onGiveUp)
  onScopeDispose(() => {
    window.removeEventListener('pointerup', onRelease)
    window.removeEventListener('pointercancel', onGiveUp)
  })
  watch(options.layout, ({ step: next, tall }, { step: last }) => {
    const { day, slot } = focus.value
    const least = tall ? 0 : -1
    focus.value = { day: Math.max(least, day), slot: Math.max(least, Math.floor((slot * last) / next)) }
    stroke = null
  })

  return { cells, focus, copied, goTo, fill, copy, paste, onKey, onPress, onOver, onClick, onFocus }
}
