/** Pause, resume and delete a schedule, each with its answer in words. */
import { ref, shallowRef } from 'vue'

import { ApiError } from '@/api/errors'
import { deleteSchedule, pauseSchedule, resumeSchedule } from '@/api/schedules'
import type { Pause, Schedule } from '@/domain/model'
import { useRefetch } from './queries'
import { sentenceOf, useAction } from './useAction'
import { showDone, showError } from './useNotices'

/** What several servers would be stopped by at once, and which. */
export interface Confirming { way: 'pause' | 'resume' | 'delete'; stops: number; names: readonly string[] }

export function useScheduleActions() {
  const refetch = useRefetch()
  const chosen = shallowRef<Schedule | null>(null)
  const isPausing = ref(false)
  const isDeleting = ref(false)
  const confirming = shallowRef<Confirming | null>(null)

  const choose = (schedule: Schedule, dialog: typeof isPausing): void => {
    chosen.value = schedule
    pausing.clear()
    deleting.clear()
    dialog.value = true
  }

  const pausing = useAction(async (pause: Pause, confirmed?: number) => {
    if (!chosen.value) return
    await pauseSchedule(chosen.value.id, pause, confirmed)
    await refetch.schedules()
    isPausing.value = false
    showDone('Schedule paused', chosen.value.name)
  })

  const deleting = useAction(async (confirmed?: number) => {
    if (!chosen.value) return
    await deleteSchedule(chosen.value.id, chosen.value.revision, confirmed)
    await refetch.schedules()
    isDeleting.value = false
    showDone('Schedule deleted', chosen.value.name)
  })

  const resuming = useAction(async (confirmed?: number) => {
    if (!chosen.value) return
    await resumeSchedule(chosen.value.id, confirmed)
    await refetch.schedules()
    showDone('Schedule resumed', chosen.value.name)
  })

  /** Whether the API wants to be told first how many servers somebody knows to be stopped. */
  function asksFirst(way: Confirming['way'], failure: ApiError): boolean {
    const isAsked = failure.code === 'confirmation_required'
    confirming.value = isAsked ? { way, stops: Number(failure.members.stops), names: failure.members.names as string[] } : null
    return isAsked
  }

  let wanted: Pause = {}
  async function pause(asked: Pause, confirmed?: number): Promise<void> {
    wanted = asked
    await pausing.run(asked, confirmed)
    const failure = pausing.error.value
    if (failure) isPausing.value = !asksFirst('pause', failure)
    else confirming.value = null
  }

  async function resume(confirmed?: number): Promise<void> {
    await resuming.run(confirmed)
    const failure = resuming.error.value
    if (!failure) confirming.value = null
    else if (!asksFirst('resume', failure)) showError('Could not resume', `${chosen.value?.name ?? ''} · ${sentenceOf(failure)}`)
  }

  /** The question that it began with comes back where the API refuses for any other reason. */
  async function remove(confirmed?: number): Promise<void> {
    await deleting.run(confirmed)
    const failure = deleting.error.value
    if (failure) isDeleting.value = !asksFirst('delete', failure)
    else confirming.value = null
  }

  const AGAIN = { pause: (stops: number) => pause(wanted, stops), resume, delete: remove }
  return {
    chosen, isPausing, isDeleting, pausing, deleting, resuming, confirming, pause, remove,
    askPause: (schedule: Schedule) => choose(schedule, isPausing),
    askDelete: (schedule: Schedule) => choose(schedule, isDeleting),
    resume: (schedule: Schedule): Promise<void> => {
      chosen.value = schedule
      return resume()
    },
    confirm: (stops: number): Promise<void> => AGAIN[confirming.value?.way ?? 'resume'](stops),
  }
}
