/** Why something ended as it did or was refused: the API's own sentence, and its code where it has none. */
import type { Action } from './model'

export const reasonText = (code: string | null, detail?: string | null): string | null =>
  detail || (code && `Reason: ${code.replaceAll('_', ' ')}.`)

/** Refusals that a wish can wait out. A reboot does not wait for a server to be started. */
export const mayQueue = (code: string, action: Action): boolean =>
  code === 'server_busy' || (code === 'wrong_state' && action !== 'reboot')
