/** The days of a calendar file that somebody picked. */
import { shallowRef } from 'vue'

import { readCalendar } from '@/api/schedules'
import type { CalendarDates } from '@/domain/model'
import { useAction } from './useAction'

export function useCalendar() {
  const found = shallowRef<CalendarDates | null>(null)
  const { busy, error, run } = useAction(async (file: File) => {
    found.value = null
    found.value = await readCalendar(await file.text())
  })
  return { busy, error, found, read: run }
}
