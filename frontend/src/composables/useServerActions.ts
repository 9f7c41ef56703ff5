/** Start, Stop and Reboot from a button: asks back where it should, and says what was refused and why. */
import { ref, shallowRef } from 'vue'

import { protectServer } from '@/api/servers'
import type { Action, Refusal, Server } from '@/domain/model'
import { about } from '@/domain/notices'
import { reasonText } from '@/domain/reasons'
import { ACTION_WORDS } from '@/domain/status'
import { useRefetch } from './queries'
import { sentenceOf } from './useAction'
import { useLive } from './useLive'
import { showError } from './useNotices'

export interface Pending { action: Action; servers: Server[] }

const needsConsent = ({ action, servers }: Pending): boolean =>
  servers.some((server) => server.protected) || (action !== 'start' && servers.length > 1)

export function useServerActions() {
  const live = useLive()
  const refetch = useRefetch()
  const pending = shallowRef<Pending | null>(null)
  const isAsking = ref(false)

  function tellRefusals(refused: readonly Refusal[], { action, servers }: Pending): void {
    for (const { server, code, detail } of refused) {
      const name = servers.find(({ id }) => id === server)?.name ?? `Server ${server}`
      showError(`${ACTION_WORDS[action].noun} refused`, about(name, reasonText(code, detail) ?? code))
    }
  }

  async function send(wanted: Pending): Promise<void> {
    try {
      // The API refuses protected servers; who comes here was asked whether to take the protection off.
      await Promise.all(wanted.servers.filter((server) => server.protected).map(({ id }) => protectServer(id, false)))
      tellRefusals(await live.ask(wanted.servers.map(({ id }) => id), wanted.action), wanted)
    } catch (failure) {
      const names = wanted.servers.map(({ name }) => name).join(', ')
      showError(`${ACTION_WORDS[wanted.action].noun} refused`, about(names, sentenceOf(failure)))
    }
  }

  async function ask(action: Action, servers: Server[]): Promise<void> {
    const wanted = { action, servers }
    if (!needsConsent(wanted)) return send(wanted)
    pending.value = wanted
    isAsking.value = true
  }

  async function confirm(): Promise<void> {
    const wanted = pending.value
    isAsking.value = false
    if (!wanted) return
    await send(wanted)
    if (wanted.servers.some((server) => server.protected)) await refetch.serversAndList()
  }

  return { ask, confirm, pending, isAsking, waitingFor: live.waitingFor }
}
