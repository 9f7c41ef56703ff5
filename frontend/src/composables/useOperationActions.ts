/** Cancel an operation that was not sent, or ask for one again. */
import { computed, ref, shallowRef } from 'vue'
import { useRouter } from 'vue-router'

import { cancelOperation, retryOperation } from '@/api/operations'
import type { Operation } from '@/domain/model'
import { about } from '@/domain/notices'
import { mayQueue } from '@/domain/reasons'
import { mayHaveHappened, nounOf } from '@/domain/steps'
import { useRefetch } from './queries'
import { useAction } from './useAction'
import { useLive } from './useLive'
import { showDone, showError } from './useNotices'

export function useOperationActions() {
  const router = useRouter()
  const live = useLive()
  const refetch = useRefetch()
  const pending = shallowRef<Operation | null>(null)
  const isAsking = ref(false)

  const cancelling = useAction(async (operation: Operation) => {
    await cancelOperation(operation.id)
    await refetch.servers()
    showDone(`${nounOf(operation)} cancelled`, operation.server.name)
  })

  const retrying = useAction(async (operation: Operation, queue: boolean = false) => {
    const made = await retryOperation(operation.id, queue)
    live.claim(made)
    await router.push({ name: 'operation', params: { id: made.id } })
    await refetch.servers()
  })

  async function again(operation: Operation, queue = false): Promise<void> {
    if ((await retrying.run(operation, queue)) || !retrying.error.value) return
    const { code, detail } = retrying.error.value
    const way = !queue && mayQueue(code, operation.action) ? { label: 'Queue it', onClick: () => void again(operation, true) } : undefined
    showError('Retry refused', about(operation.server.name, detail), way)
  }

  async function cancel(operation: Operation): Promise<void> {
    if ((await cancelling.run(operation)) || !cancelling.error.value) return
    showError('It could not be cancelled', about(operation.server.name, cancelling.error.value.detail))
  }

  async function retry(operation: Operation): Promise<void> {
    if (!mayHaveHappened(operation)) return again(operation)
    pending.value = operation
    isAsking.value = true
  }

  async function confirm(): Promise<void> {
    isAsking.value = false
    if (pending.value) await again(pending.value)
  }

  return {
    pending, isAsking, retry, confirm, cancel,
    cancelling: computed(() => cancelling.busy.value), retrying: computed(() => retrying.busy.value),
  }
}
