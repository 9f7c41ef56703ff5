/** Start, Stop and Reboot from a button: asks back where it should, and says what was refused and why. */
import { computed, ref, shallowRef } from 'vue'

import { protectServer } from '@/api/servers'
import type { Action, Refusal, Server, StopWay } from '@/domain/model'
import { about } from '@/domain/notices'
import { reasonText } from '@/domain/reasons'
import { canHibernate } from '@/domain/status'
import { nounOf } from '@/domain/steps'
import { useRefetch } from './queries'
import { sentenceOf } from './useAction'
import { useLive } from './useLive'
import { showError } from './useNotices'

export interface Pending { action: Action; servers: Server[]; way?: StopWay }

const mayHibernate = ({ action, servers }: Pending): boolean => action === 'stop' && servers.length > 0 && servers.every(canHibernate)

const needsConsent = (wanted: Pending): boolean =>
  wanted.servers.some((server) => server.protected) || (wanted.action !== 'start' && wanted.servers.length > 1) || mayHibernate(wanted)

const noun = ({ action, way }: Pending): string => nounOf({ action, options: { force: way === 'force', hibernate: way === 'hibernate' } })

export function useServerActions() {
  const live = useLive()
  const refetch = useRefetch()
  const pending = shallowRef<Pending | null>(null)
  const isAsking = ref(false)
  const isForcing = ref(false)

  function tellRefusals(refused: readonly Refusal[], wanted: Pending): void {
    for (const { server, code, detail } of refused) {
      const name = wanted.servers.find(({ id }) => id === server)?.name ?? `Server ${server}`
      showError(`${noun(wanted)} refused`, about(name, reasonText(code, detail) ?? code))
    }
  }

  async function send(wanted: Pending): Promise<void> {
    try {
      // The API refuses protected servers; who comes here was asked whether to take the protection off.
      await Promise.all(wanted.servers.filter((server) => server.protected).map(({ id }) => protectServer(id, false)))
      tellRefusals(await live.ask(wanted.servers.map(({ id }) => id), wanted.action, wanted.way), wanted)
    } catch (failure) {
      const names = wanted.servers.map(({ name }) => name).join(', ')
      showError(`${noun(wanted)} refused`, about(names, sentenceOf(failure)))
    }
  }

  async function ask(action: Action, servers: Server[]): Promise<void> {
    const wanted = { action, servers }
    if (!needsConsent(wanted)) return send(wanted)
    pending.value = wanted
    isAsking.value = true
  }

  async function confirm(way?: StopWay): Promise<void> {
    const wanted = pending.value
    isAsking.value = false
    if (!wanted) return
    await send({ ...wanted, way })
    if (wanted.servers.some((server) => server.protected)) await refetch.serversAndList()
  }

  /** Only after its own dialog. */
  async function forceStop(server: Server): Promise<void> {
    isForcing.value = false
    await send({ action: 'stop', servers: [server], way: 'force' })
  }

  return {
    ask, confirm, pending, isAsking, isForcing, forceStop, waitingFor: live.waitingFor,
    mayHibernate: computed(() => pending.value !== null && mayHibernate(pending.value)),
  }
}
