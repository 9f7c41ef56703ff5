/** Holds and skips, from a row or from a server's own page: the dialog, what was done in words, and the way back. */
import { ref, shallowRef } from 'vue'

import { holdServer, releaseServer, restoreHold, skipOccurrence, takeSkipBack } from '@/api/wanted'
import { doneText, endedText, firstStep } from '@/domain/kept'
import type { Action, Hold, Server, Want, Wish } from '@/domain/model'
import { about } from '@/domain/notices'
import { skippedText } from '@/domain/skips'
import { viewerZone } from '@/domain/time'
import { useRefetch } from './queries'
import { sentenceOf, useAction } from './useAction'
import { useLive } from './useLive'
import { showDone, showError } from './useNotices'
import { serverTime } from './useNow'

interface Occurrence { action: Action; at: string; timezone: string; rule: number | null }

// What is taken back in another place must not leave a notice behind that says otherwise and offers to undo it.
const aboutHold = ({ id }: Server): string => `hold ${id}`
const aboutSkips = (ids: readonly number[]): string => `skip ${ids.join(' ')}`

export function useWishes() {
  const live = useLive()
  const refetch = useRefetch()
  const chosen = shallowRef<Server | null>(null)
  const want = ref<Want>('on')
  const isHolding = ref(false)

  async function settle(): Promise<void> {
    await Promise.all([live.refresh(), refetch.wanted()])
  }

  /** The badge goes at once and comes back when it was refused. */
  async function putBack(server: Server, held: Hold | null, before: Hold | null): Promise<void> {
    live.learnHold(server.id, before)
    try {
      if (before) live.learnHold(server.id, (await restoreHold(server.id, before)).hold)
      else await releaseServer(server.id)
      showDone(before ? doneText(before, viewerZone(), serverTime()) : endedText(held), server.name, undefined, aboutHold(server))
      await settle()
    } catch (failure) {
      live.learnHold(server.id, held)
      showError('The hold could not be ended', `${server.name} · ${sentenceOf(failure)}`)
    }
  }

  const saving = useAction(async ({ until, reason }: { until: string; reason: string }) => {
    const server = chosen.value
    if (!server) return
    const step = firstStep(server.status, want.value)
    const before = server.hold ?? null
    const { hold, operation } = await holdServer(server.id, { want: want.value, until, act: true, ...(reason && { reason }) })
    live.learnHold(server.id, hold)
    isHolding.value = false
    showDone(doneText(hold, viewerZone(), serverTime()), server.name, { label: 'Undo', onClick: () => void putBack(server, hold, before) }, aboutHold(server))
    if (operation === null || !step) return settle()
    // It is looked for soon, when there is something to see; a look right now would only put that off.
    live.claim({ id: operation, action: step, server })
    await refetch.wanted()
  })

  function hold(server: Server, wanted: Want): void {
    chosen.value = server
    want.value = wanted
    saving.clear()
    isHolding.value = true
  }

  const release = (server: Server): Promise<void> => putBack(server, server.hold ?? null, null)

  async function unskip(ids: readonly number[], name: string): Promise<void> {
    try {
      await Promise.all(ids.map(takeSkipBack))
      showDone('Not skipped any more', name, undefined, aboutSkips(ids))
      await settle()
    } catch (failure) {
      showError('The skip could not be taken back', `${name} · ${sentenceOf(failure)}`)
    }
  }

  async function skip(server: Pick<Server, 'id' | 'name'>, occurrence: Occurrence): Promise<void> {
    if (occurrence.rule === null) return
    try {
      const { skips, remains } = await skipOccurrence({ rule: occurrence.rule, at: occurrence.at, servers: [server.id] })
      const said = skippedText(occurrence, viewerZone(), new Date(serverTime()))
      const ids = skips.map(({ id }) => id)
      showDone(said, remains ? about(server.name, remains) : server.name, { label: 'Undo', onClick: () => void unskip(ids, server.name) }, aboutSkips(ids))
      await settle()
    } catch (failure) {
      showError('It could not be skipped', `${server.name} · ${sentenceOf(failure)}`)
    }
  }

  function wish(wanted: Wish, server: Server): void {
    if (wanted.kind === 'hold') hold(server, wanted.want)
    else if (wanted.kind === 'release') void release(server)
    else if (server.next_action) void skip(server, server.next_action)
  }

  return { chosen, want, isHolding, saving, wish, skip, unskip }
}
