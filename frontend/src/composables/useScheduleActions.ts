/** Pause, resume and delete a schedule, each with its answer in words. */
import { ref, shallowRef } from 'vue'

import { deleteSchedule, pauseSchedule, resumeSchedule } from '@/api/schedules'
import type { Schedule } from '@/domain/model'
import { useRefetch } from './queries'
import { sentenceOf, useAction } from './useAction'
import { showDone, showError } from './useNotices'

export function useScheduleActions() {
  const refetch = useRefetch()
  const chosen = shallowRef<Schedule | null>(null)
  const isPausing = ref(false)
  const isDeleting = ref(false)

  const choose = (schedule: Schedule, dialog: typeof isPausing): void => {
    chosen.value = schedule
    pausing.clear()
    deleting.clear()
    dialog.value = true
  }

  const pausing = useAction(async (pause: { reason?: string; until?: string }) => {
    if (!chosen.value) return
    await pauseSchedule(chosen.value.id, pause)
    await refetch.schedules()
    isPausing.value = false
    showDone('Schedule paused', chosen.value.name)
  })

  const deleting = useAction(async () => {
    if (!chosen.value) return
    await deleteSchedule(chosen.value.id, chosen.value.revision)
    await refetch.schedules()
    isDeleting.value = false
    showDone('Schedule deleted', chosen.value.name)
  })

  async function resume(schedule: Schedule): Promise<void> {
    try {
      await resumeSchedule(schedule.id)
      await refetch.schedules()
      showDone('Schedule resumed', schedule.name)
    } catch (failure) {
      showError('Could not resume', `${schedule.name} · ${sentenceOf(failure)}`)
    }
  }

  return {
    chosen, isPausing, isDeleting, pausing, deleting, resume,
    askPause: (schedule: Schedule) => choose(schedule, isPausing),
    askDelete: (schedule: Schedule) => choose(schedule, isDeleting),
  }
}
