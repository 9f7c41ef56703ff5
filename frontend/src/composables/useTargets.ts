/** Which servers a tag query means right now, counted while it is typed. */
import { toValue, type MaybeRefOrGetter } from 'vue'

import { countTargets } from '@/api/schedules'
import { useAsked } from './useAsked'

const WAIT_MS = 400

export function useTargets(query: MaybeRefOrGetter<string>) {
  const { answer, error, stale } = useAsked(() => toValue(query).trim() || null, countTargets, WAIT_MS)
  return { targets: answer, error, stale }
}
