/** Cancel an operation that was not sent, or ask for one again. */
import { computed, ref, shallowRef } from 'vue'
import { useRouter } from 'vue-router'

import { cancelOperation, retryOperation } from '@/api/operations'
import type { Operation } from '@/domain/model'
import { about } from '@/domain/notices'
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

  const retrying = useAction(async (operation: Operation) => {
    const again = await retryOperation(operation.id)
    live.claim(again)
    await router.push({ name: 'operation', params: { id: again.id } })
    await refetch.servers()
  })

  async function run(action: typeof retrying, operation: Operation, failed: string): Promise<void> {
    if (!(await action.run(operation)) && action.error.value) showError(failed, about(operation.server.name, action.error.value.detail))
  }

  async function retry(operation: Operation): Promise<void> {
    if (!mayHaveHappened(operation)) return run(retrying, operation, 'Retry refused')
    pending.value = operation
    isAsking.value = true
  }

  async function confirm(): Promise<void> {
    isAsking.value = false
    if (pending.value) await run(retrying, pending.value, 'Retry refused')
  }

  return {
    pending, isAsking, retry, confirm,
    cancelling: computed(() => cancelling.busy.value), retrying: computed(() => retrying.busy.value),
    cancel: (operation: Operation) => run(cancelling, operation, 'It could not be cancelled'),
  }
}
