/** Asking for operations and following them. */
import type { Action, Asked, Operation, OperationState, Origin, Page } from '@/domain/model'
import { operationsCreate, operationsList, operationsRetrieve } from './generated'
import { body, THROWING } from './http'
import { freshKey } from './keys'

export interface OperationsQuery {
  server?: number
  schedule?: number
  state?: OperationState
  action?: Action
  origin?: Origin
  page?: number
  page_size?: number
}

export const askOperations = (servers: readonly number[], action: Action): Promise<Asked> =>
  body(operationsCreate({ body: { servers: [...servers], action }, headers: { 'Idempotency-Key': freshKey() }, ...THROWING }))

const listOf = <Word>(word: Word | undefined): Word[] | undefined => (word === undefined ? undefined : [word])

export function listOperations({ state, action, origin, ...rest }: OperationsQuery, signal?: AbortSignal): Promise<Page<Operation>> {
  const query = { ...rest, state: listOf(state), action: listOf(action), origin: listOf(origin) }
  return body(operationsList({ query, signal, ...THROWING }))
}

export const readOperation = (id: number): Promise<Operation> => body(operationsRetrieve({ path: { id }, ...THROWING }))
