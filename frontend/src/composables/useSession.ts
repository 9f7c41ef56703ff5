/** Who is signed in. One answer for the whole page. */
import { readonly, ref, shallowRef } from 'vue'

import { ApiError } from '@/api/errors'
import { me as readMe, signIn as apiSignIn, signOut as apiSignOut } from '@/api/session'
import type { Me } from '@/domain/model'

type State = 'unknown' | 'in' | 'out'

const state = ref<State>('unknown')
const me = shallowRef<Me | null>(null)

function become(next: State, person: Me | null = null): void {
  state.value = next
  me.value = person
}

/** Resolves with the state; throws only when the API cannot say. */
async function load(): Promise<State> {
  try {
    become('in', await readMe())
  } catch (failure) {
    // 403: signed in, and a member of nothing any more.
    if (!(failure instanceof ApiError) || ![401, 403].includes(failure.status)) throw failure
    become('out')
  }
  return state.value
}

async function signIn(email: string, password: string): Promise<void> {
  await apiSignIn(email, password)
  become('in', await readMe())
}

async function signOut(): Promise<void> {
  await apiSignOut()
  become('out')
}

export const useSession = () => ({
  state: readonly(state), me: readonly(me), load, signIn, signOut, expire: () => become('out'),
})
