/** "I have seen that somebody else changed this server." */
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

  async function acknowledge(id: number): Promise<void> {
    if (!(await run(id)) && error.value) showError('It could not be acknowledged', error.value.detail)
  }

  return { busy, acknowledge }
}
