/** A document of schedules: first what it would change, then, when a person has seen that, the change. */
import { shallowReadonly, shallowRef } from 'vue'

import { importSchedules } from '@/api/documents'
import { importWords } from '@/domain/documents'
import type { Imported } from '@/domain/model'
import { useRefetch } from './queries'
import { useAction } from './useAction'
import { showDone } from './useNotices'

export interface Document { document: string; remove_others: boolean }

export function useScheduleImport(whenDone: () => void) {
  const refetch = useRefetch()
  /** What the document as it stands would do; null until that was asked. */
  const found = shallowRef<Imported | null>(null)

  const checking = useAction(async (wanted: Document) => {
    found.value = null
    found.value = await importSchedules({ ...wanted, dry_run: true })
  })

  const applying = useAction(async (wanted: Document) => {
    const confirmed = found.value?.confirm
    const done = await importSchedules({ ...wanted, dry_run: false, ...(confirmed == null ? {} : { confirm_stops: confirmed }) })
    await refetch.schedules()
    showDone('Schedules imported', importWords(done))
    whenDone()
  })

  /** The document was changed, so what was said about it is no longer true. */
  function forget(): void {
    found.value = null
    checking.clear()
    applying.clear()
  }

  return { found: shallowReadonly(found), checking, applying, forget }
}
