/** "I have seen that somebody else changed this server." */
import { readonly, ref } from 'vue'

import { acknowledgeChange } from '@/api/observations'
import { useRefetch } from './queries'
import { useAction } from './useAction'
import { useLive } from './useLive'
import { showError } from './useNotices'

export function useAcknowledge() {
  const live = useLive()
  const refetch = useRefetch()
  const { busy, error, run } = useAction(async (id: number) => {
    await acknowledgeChange(id)
    await Promise.all([refetch.serversAndList(), live.refresh()])
  })

  const acknowledging = ref<number | null>(null)

  async function acknowledge(id: number): Promise<void> {
    if (busy.value) return
    acknowledging.value = id
    if (!(await run(id)) && error.value) showError('It could not be acknowledged', error.value.detail)
    acknowledging.value = null
  }

  return { acknowledging: readonly(acknowledging), acknowledge }
}
