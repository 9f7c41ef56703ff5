/** Protects a server or gives it free again. */
import { protectServer } from '@/api/servers'
import type { Server } from '@/domain/model'
import { useRefetch } from './queries'
import { useAction } from './useAction'
import { showDone, showError } from './useNotices'

export function useProtection() {
  const refetch = useRefetch()
  const { busy, error, run } = useAction(async (server: Server, wanted: boolean) => {
    await protectServer(server.id, wanted)
    await refetch.serversAndList()
    showDone(wanted ? 'Server protected' : 'Server no longer protected', server.name)
  })

  async function protect(server: Server, wanted: boolean): Promise<void> {
    if (!(await run(server, wanted)) && error.value) showError('Could not change the protection', `${server.name} · ${error.value.detail}`)
  }

  return { busy, protect }
}
