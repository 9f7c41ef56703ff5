/** A week small enough for a list: the hours on, as few pieces as draw them. */
import type { TimeWindow } from './model'
import { cellsOf } from './week'

const STEP = 30
export const SLOTS = (24 * 60) / STEP

/** `day` counts from Monday; `from` and `to` in half hours. `whole`: false where only part of it is on. */
export interface Run { day: number; from: number; to: number; whole: boolean }

export const runsOf = (windows: readonly TimeWindow[]): Run[] =>
  cellsOf(windows, STEP).flatMap((cells, day) => {
    const runs: Run[] = []
    cells.forEach((cell, slot) => {
      if (cell === 'off') return
      const last = runs.at(-1)
      const whole = cell === 'on'
      if (last && last.to === slot && last.whole === whole) last.to = slot + 1
      else runs.push({ day, from: slot, to: slot + 1, whole })
    })
    return runs
  })

/** Half hours that are on in part count as whole ones. */
export const hoursOn = (windows: readonly TimeWindow[]): number => runsOf(windows).reduce((sum, { from, to }) => sum + (to - from) / 2, 0)
