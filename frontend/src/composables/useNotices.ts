/** Tells a person about a change once: one toast per change, in one tab. */
import { toast } from 'vue-sonner'

import type { Change } from '@/domain/changes'
import type { Operation } from '@/domain/model'
import { noticeOf, noticeOfMany, together, type Notice } from '@/domain/notices'

const SHOWN_MS = 5_000
/** What can still be taken back is there long enough to be read and reached. */
const UNDO_MS = 10_000
const LOOK_UP_WITHIN_MS = 2_000

const told = new Set<string>()
const otherTabs = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('cloudevy.told')
otherTabs?.addEventListener('message', (event: MessageEvent<string>) => told.add(event.data))

export interface Way { label: string; onClick: () => void }

/** `way`: what can be done about it, or the whole story; notices that pass by themselves need none. */
export function show(notice: Notice, id?: string, way?: Way): void {
  toast[notice.tone](notice.title, {
    id, description: notice.description, duration: notice.lasts ? Infinity : way ? UNDO_MS : SHOWN_MS, closeButton: true, action: way,
  })
}

export const showError = (title: string, description: string, way?: Way): void =>
  show({ title, description, tone: 'error', lasts: true }, undefined, way)

/** `id`: what it is about, where a later word about the same takes the place of this one. */
export const showDone = (title: string, description = '', way?: Way, id?: string): void =>
  show({ title, description, tone: 'success', lasts: false }, id, way)

function isNews(change: Change): boolean {
  if (told.has(change.key)) return false
  told.add(change.key)
  otherTabs?.postMessage(change.key)
  return true
}

const inTime = <Found>(found: Promise<Found>): Promise<Found | null> =>
  Promise.race([found.catch(() => null), new Promise<null>((done) => setTimeout(() => done(null), LOOK_UP_WITHIN_MS))])

export interface Teller {
  readOperation: (id: number) => Promise<Operation>
  isMine: (operation: number) => boolean
  open: (change: Change) => void
}

async function tellOne(change: Change, teller: Teller): Promise<void> {
  const { operation } = change
  const mine = operation !== null && teller.isMine(operation)
  const needsLookUp = operation !== null && (!mine || change.kind === 'failed')
  const detail = needsLookUp ? await inTime(teller.readOperation(operation)) : null
  // Anything else that ended where it began was told when it moved, or is of no interest.
  if (change.kind === 'put_back' && detail?.origin !== 'enforce') return
  const notice = noticeOf(change, detail, mine)
  show(notice, change.key, notice.tone === 'success' ? undefined : { label: 'Details', onClick: () => teller.open(change) })
}

/** Skips what was told before, gathers many equal changes into one, and tells the rest one by one. */
export async function tell(changes: readonly Change[], teller: Teller): Promise<void> {
  const news = changes.filter((change) => {
    const isOthers = change.operation === null || !teller.isMine(change.operation)
    return !(change.kind === 'ended' && isOthers) && isNews(change)
  })
  await Promise.all(together(news).map(async ([first, ...others]) => {
    if (!first) return
    if (others.length > 0) return show(noticeOfMany(first, others))
    await tellOne(first, teller)
  }))
}

export function forgetTold(): void {
  told.clear()
}
