/** Making and revoking API tokens. The value of a new one lives as long as its dialog is open, and nowhere else. */
import { ref, shallowRef, watch } from 'vue'

import { createToken, revokeToken } from '@/api/tokens'
import type { NewTokenBody, Token, TokenMade } from '@/domain/model'
import { useRefetch } from './queries'
import { useAction } from './useAction'
import { showDone } from './useNotices'

export function useTokenActions() {
  const refetch = useRefetch()
  const chosen = shallowRef<Token | null>(null)
  const made = shallowRef<TokenMade | null>(null)
  const isMaking = ref(false)
  const isRevoking = ref(false)

  const making = useAction(async (wanted: NewTokenBody) => {
    const token = await createToken(wanted)
    // Whoever closed the dialog meanwhile revokes it and makes another.
    if (isMaking.value) made.value = token
    await refetch.tokens()
  })

  const revoking = useAction(async () => {
    if (!chosen.value) return
    await revokeToken(chosen.value.id)
    await refetch.tokens()
    isRevoking.value = false
    showDone('Token revoked', chosen.value.name)
  })

  watch(isMaking, (open) => !open && (made.value = null))

  return {
    chosen, made, isMaking, isRevoking, making, revoking,
    askMake: () => {
      making.clear()
      isMaking.value = true
    },
    askRevoke: (token: Token) => {
      chosen.value = token
      revoking.clear()
      isRevoking.value = true
    },
  }
}
