/** The ledger of changes that were seen at AWS. */
import type { Cause, Drift, Page, Reaction } from '@/domain/model'
import { observationsAcknowledge, observationsList } from './generated'
import { body, THROWING } from './http'

export interface DriftQuery { server?: number; cause?: Cause; reaction?: Reaction; acknowledged?: boolean; page?: number; page_size?: number }

export function listDrift({ cause, reaction, acknowledged, ...rest }: DriftQuery, signal?: AbortSignal): Promise<Page<Drift>> {
  const told = acknowledged === undefined ? undefined : (`${acknowledged}` as const)
  const query = { ...rest, cause: cause && [cause], reaction: reaction && [reaction], acknowledged: told }
  return body(observationsList({ query, signal, ...THROWING }))
}

export async function acknowledgeChange(id: number): Promise<void> {
  await observationsAcknowledge({ path: { id }, ...THROWING })
}
