/** Adding, testing, discovering and removing cloud accounts. The work itself happens elsewhere; rows tell how it went. */
import { ref, shallowRef } from 'vue'

import { changeAccount, createAccount, deleteAccount, discoverAccount, testAccount } from '@/api/accounts'
import type { Account, AccountBody, NewAccountBody } from '@/domain/model'
import { useRefetch } from './queries'
import { sentenceOf, useAction } from './useAction'
import { showDone, showError } from './useNotices'

export function useAccountActions() {
  const refetch = useRefetch()
  const chosen = shallowRef<Account | null>(null)
  const isAdding = ref(false)
  const isChanging = ref(false)
  const isDeleting = ref(false)

  const adding = useAction(async (body: NewAccountBody) => {
    const account = await createAccount(body)
    await refetch.accounts()
    isAdding.value = false
    showDone('Account added', account.name)
  })

  const changing = useAction(async (body: AccountBody) => {
    if (!chosen.value) return
    await changeAccount(chosen.value.id, body)
    await refetch.accounts()
    isChanging.value = false
    showDone('Account changed', chosen.value.name)
  })

  const deleting = useAction(async () => {
    if (!chosen.value) return
    await deleteAccount(chosen.value.id)
    await refetch.accounts()
    isDeleting.value = false
    showDone('Account removed', chosen.value.name)
  })

  /** The answer to these is a row that changes a moment later; nothing is said before it does. */
  async function ask(what: (id: number) => Promise<Account>, account: Account, failed: string): Promise<void> {
    try {
      await what(account.id)
      await refetch.accounts()
    } catch (failure) {
      showError(failed, `${account.name} · ${sentenceOf(failure)}`)
    }
  }

  function open(dialog: typeof isAdding, account: Account | null): void {
    chosen.value = account
    for (const action of [adding, changing, deleting]) action.clear()
    dialog.value = true
  }

  return {
    chosen, isAdding, isChanging, isDeleting, adding, changing, deleting,
    askAdd: () => open(isAdding, null),
    askChange: (account: Account) => open(isChanging, account),
    askDelete: (account: Account) => open(isDeleting, account),
    test: (account: Account) => ask(testAccount, account, 'The test could not be asked for'),
    discover: (account: Account) => ask(discoverAccount, account, 'The search could not be asked for'),
    connectRole: async (account: Account, roleArn: string) => {
      chosen.value = account
      return changing.run({ role_arn: roleArn })
    },
  }
}
