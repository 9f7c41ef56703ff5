/** Cloud accounts. Secrets go in and never come out. */
import type { Account, AccountBody, Page } from '@/domain/model'
import { call, get, post } from './http'

export const listAccounts = (signal?: AbortSignal): Promise<Page<Account>> =>
  get('accounts', { page_size: 200, ordering: 'name' }, signal)

export const createAccount = (body: AccountBody): Promise<Account> => post('accounts', body)

export const changeAccount = async (id: number, body: AccountBody): Promise<Account> =>
  (await call<Account>('PATCH', `accounts/${id}`, { body })).body

export async function deleteAccount(id: number): Promise<void> {
  await call('DELETE', `accounts/${id}`)
}

export const testAccount = (id: number): Promise<Account> => post(`accounts/${id}/test`, {})

export const discoverAccount = (id: number): Promise<Account> => post(`accounts/${id}/discover`, {})
