/** The coming occurrences of a timetable that is not saved yet, asked 300 ms after the last change. */
import type { MaybeRefOrGetter } from 'vue'

import { previewSchedule } from '@/api/schedules'
import type { PreviewBody } from '@/domain/model'
import { useAsked } from './useAsked'

export const WAIT_MS = 300
const COUNT = 5

export function usePreview(question: MaybeRefOrGetter<PreviewBody | null>) {
  const { answer, error, stale } = useAsked(question, (body, signal) => previewSchedule({ ...body, count: COUNT }, signal), WAIT_MS)
  return { preview: answer, error, stale }
}
