/** Changes one of an account's request limits, or gives it back to AWS's own. */
import { ref, shallowRef } from 'vue'

import { changeLimit } from '@/api/accounts'
import type { Limit, LimitBody } from '@/domain/model'
import { useRefetch } from './queries'
import { useAction } from './useAction'
import { showDone } from './useNotices'

export function useLimitActions(account: () => number) {
  const refetch = useRefetch()
  const chosen = shallowRef<Limit | null>(null)
  const isChanging = ref(false)

  const changing = useAction(async (body: LimitBody) => {
    const { action, region } = await changeLimit(account(), body)
    await refetch.limits()
    isChanging.value = false
    showDone('Limit changed', `${action} in ${region.name}`)
  })

  function askChange(limit: Limit): void {
    chosen.value = limit
    changing.clear()
    isChanging.value = true
  }

  return { chosen, isChanging, changing, askChange }
}
