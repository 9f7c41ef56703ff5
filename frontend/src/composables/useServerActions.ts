/** Start, Stop and Reboot from a button: asks back where it should, and says what was refused and why. */
import { computed, ref, shallowRef } from 'vue'

import { ApiError } from '@/api/errors'
import { protectServer } from '@/api/servers'
import type { Action, Manner, Refusal, Server, StopWay } from '@/domain/model'
import { about, namesOf, refusalsTogether } from '@/domain/notices'
import { mayQueue } from '@/domain/reasons'
import { canHibernate } from '@/domain/status'
import { nounOf } from '@/domain/steps'
import { useRefetch } from './queries'
import { sentenceOf } from './useAction'
import { useLive } from './useLive'
import { showError, type Way } from './useNotices'

export interface Pending { action: Action; servers: Server[]; manner?: Manner }

const mayHibernate = ({ action, servers }: Pending): boolean => action === 'stop' && servers.length > 0 && servers.every(canHibernate)

const needsConsent = (wanted: Pending): boolean =>
  wanted.servers.some((server) => server.protected) || (wanted.action !== 'start' && wanted.servers.length > 1) || mayHibernate(wanted)

const noun = ({ action, manner: { way } = {} }: Pending): string => nounOf({ action, options: { force: way === 'force', hibernate: way === 'hibernate' } })

export function useServerActions() {
  const live = useLive()
  const refetch = useRefetch()
  const pending = shallowRef<Pending | null>(null)
  const isAsking = ref(false)
  const isForcing = ref(false)

  /** What it takes to wait for these servers; nothing where waiting does not help. */
  function queueing(code: string, wanted: Pending): Way | undefined {
    if (!mayQueue(code, wanted.action)) return undefined
    const manner = { ...wanted.manner, queue: true }
    return { label: 'Queue it', onClick: () => void send({ ...wanted, manner }) }
  }

  function tellRefusal(refused: readonly Refusal[], wanted: Pending): void {
    const [first] = refused
    if (!first) return
    const servers = wanted.servers.filter(({ id }) => refused.some(({ server }) => server === id))
    const on = servers.length > 1 ? ` on ${servers.length} servers` : ''
    const said = about(namesOf(servers.map(({ name }) => name)), first.detail)
    showError(`${noun(wanted)} refused${on}`, said, queueing(first.code, { ...wanted, servers }))
  }

  async function send(wanted: Pending): Promise<void> {
    try {
      // The API refuses protected servers; who comes here was asked whether to take the protection off.
      await Promise.all(wanted.servers.filter((server) => server.protected).map(({ id }) => protectServer(id, false)))
      const refused = await live.ask(wanted.servers.map(({ id }) => id), wanted.action, wanted.manner)
      refusalsTogether(refused).forEach((alike) => tellRefusal(alike, wanted))
    } catch (failure) {
      const names = namesOf(wanted.servers.map(({ name }) => name))
      const code = failure instanceof ApiError ? failure.code : ''
      showError(`${noun(wanted)} refused`, about(names, sentenceOf(failure)), queueing(code, wanted))
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
    await send({ ...wanted, manner: { way } })
    if (wanted.servers.some((server) => server.protected)) await refetch.serversAndList()
  }

  /** Only after its own dialog; `reason` is what the person gave there. */
  async function forceStop(server: Server, reason: string): Promise<void> {
    isForcing.value = false
    await send({ action: 'stop', servers: [server], manner: { way: 'force', ...(reason && { reason }) } })
    await refetch.servers()
  }

  return {
    ask, confirm, pending, isAsking, isForcing, forceStop, waitingFor: live.waitingFor,
    mayHibernate: computed(() => pending.value !== null && mayHibernate(pending.value)),
  }
}
