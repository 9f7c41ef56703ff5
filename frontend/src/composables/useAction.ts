/** Runs one action at a time and remembers how it went. */
import { readonly, ref, shallowRef } from 'vue'

import { ApiError, unreachable } from '@/api/errors'

export function useAction<Args extends unknown[]>(act: (...args: Args) => Promise<void>) {
  const busy = ref(false)
  const error = shallowRef<ApiError | null>(null)

  async function run(...args: Args): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    error.value = null
    try {
      await act(...args)
      return true
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure
      error.value = failure
      return false
    } finally {
      busy.value = false
    }
  }

  const clear = (): void => void (error.value = null)
  return { busy: readonly(busy), error, run, clear }
}

export const sentenceOf = (failure: unknown): string =>
  (failure instanceof ApiError ? failure : unreachable()).detail
