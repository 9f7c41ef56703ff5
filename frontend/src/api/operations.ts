/** Asking for operations and following them. */
import type { Action, Asked, Operation, Page } from '@/domain/model'
import { get, post } from './http'
import { freshKey } from './keys'

export interface OperationsQuery {
  server?: number; schedule?: number; state?: string; action?: string; origin?: string; page?: number; page_size?: number
}

export const askOperations = (servers: readonly number[], action: Action): Promise<Asked> =>
  post('operations', { servers, action }, { 'Idempotency-Key': freshKey() })

export const listOperations = (query: OperationsQuery, signal?: AbortSignal): Promise<Page<Operation>> =>
  get('operations', { ...query, ordering: '-id' }, signal)

export const readOperation = (id: number): Promise<Operation> => get(`operations/${id}`)

export const cancelOperation = (id: number): Promise<Operation> => post(`operations/${id}/cancel`, {})
