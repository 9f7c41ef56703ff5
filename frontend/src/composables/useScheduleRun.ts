/** Start, stop or reboot the servers of a schedule now, without a change of its timetable. */
import { ref, shallowRef } from 'vue'

import { runSchedule } from '@/api/operations'
import { heldText } from '@/domain/kept'
import type { Action, Schedule } from '@/domain/model'
import { refusalsTogether } from '@/domain/notices'
import { ACTION_WORDS } from '@/domain/status'
import { viewerZone } from '@/domain/time'
import { useRefetch } from './queries'
import { useAction } from './useAction'
import { useLive } from './useLive'
import { show, showDone, showError } from './useNotices'

const servers = (count: number): string => `${count} ${count === 1 ? 'server' : 'servers'}`

export function useScheduleRun() {
  const live = useLive()
  const refetch = useRefetch()
  const chosen = shallowRef<Schedule | null>(null)
  const action = ref<Action>('start')
  const isAsking = ref(false)

  const running = useAction(async (reason: string) => {
    const schedule = chosen.value
    if (!schedule) return
    const noun = ACTION_WORDS[action.value].noun
    const { operations, refused, ended_holds: ended } = await runSchedule(schedule.id, { action: action.value, ...(reason && { reason }) })
    operations.forEach(live.claim)
    isAsking.value = false
    if (operations.length > 0) showDone(`${noun} of ${servers(operations.length)} asked for`, schedule.name)
    for (const alike of refusalsTogether(refused)) {
      showError(`${noun} of ${servers(alike.length)} refused`, alike[0]?.detail ?? schedule.name)
    }
    if (ended.length > 0) {
      const said = ended.map((each) => heldText(each, viewerZone(), Date.now()))
      show({ title: ended.length === 1 ? 'A hold was ended' : `${ended.length} holds were ended`, description: said.join(' · '), tone: 'warning', lasts: true })
    }
    await refetch.servers()
  })

  function ask(schedule: Schedule, wanted: Action): void {
    chosen.value = schedule
    action.value = wanted
    running.clear()
    isAsking.value = true
  }

  return { chosen, action, isAsking, running, ask }
}
