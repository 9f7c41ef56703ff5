/** Asking for operations and following them. */
import type { Action, Asked, Manner, Operation, OperationDetail, OperationState, Origin, Page, Ran, StopWay } from '@/domain/model'
import { operationsCancel, operationsCreate, operationsList, operationsRetrieve, operationsRetry, schedulesRun } from './generated'
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

const OPTIONS: Record<StopWay, { force?: true; hibernate?: true }> = { normal: {}, force: { force: true }, hibernate: { hibernate: true } }

export const askOperations = (servers: readonly number[], action: Action, { way = 'normal', ...manner }: Manner = {}): Promise<Asked> =>
  body(operationsCreate({ body: { servers: [...servers], action, ...OPTIONS[way], ...manner }, headers: { 'Idempotency-Key': freshKey() }, ...THROWING }))

/** The action of a schedule's own servers, now; its timetable stays as it is. */
export const runSchedule = (schedule: number, wanted: { action: Action; reason?: string }): Promise<Ran> =>
  body(schedulesRun({ path: { id: schedule }, body: wanted, headers: { 'Idempotency-Key': freshKey() }, ...THROWING }))

const listOf = <Word>(word: Word | undefined): Word[] | undefined => (word === undefined ? undefined : [word])

export function listOperations({ state, action, origin, ...rest }: OperationsQuery, signal?: AbortSignal): Promise<Page<Operation>> {
  const query = { ...rest, state: listOf(state), action: listOf(action), origin: listOf(origin) }
  return body(operationsList({ query, signal, ...THROWING }))
}

export const readOperation = (id: number, signal?: AbortSignal): Promise<OperationDetail> =>
  body(operationsRetrieve({ path: { id }, signal, ...THROWING }))

export const cancelOperation = (id: number): Promise<Operation> => body(operationsCancel({ path: { id }, ...THROWING }))

/** The new operation that tries it again; with `queue`, once the server is free for it. */
export const retryOperation = async (id: number, queue = false): Promise<Operation> =>
  (await body(operationsRetry({ path: { id }, body: queue ? { queue } : undefined, ...THROWING }))).operation
