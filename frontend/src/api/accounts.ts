/** Cloud accounts. Secrets go in and never come out. */
import type { Account, AccountBody, AccountDetail, Limit, LimitBody, NewAccountBody, Page } from '@/domain/model'
import {
  accountsChangeLimits, accountsCreate, accountsDestroy, accountsDiscover, accountsLimits, accountsList, accountsRetrieve, accountsTest,
  accountsUpdate,
} from './generated'
import { body, THROWING } from './http'

const MOST = 200

export const listAccounts = (signal?: AbortSignal): Promise<Page<Account>> =>
  body(accountsList({ query: { page_size: MOST, ordering: 'name' }, signal, ...THROWING }))

export const readAccount = (id: number, signal?: AbortSignal): Promise<AccountDetail> =>
  body(accountsRetrieve({ path: { id }, signal, ...THROWING }))

export const createAccount = (wanted: NewAccountBody): Promise<Account> => body(accountsCreate({ body: wanted, ...THROWING }))

export const changeAccount = (id: number, wanted: AccountBody): Promise<Account> =>
  body(accountsUpdate({ path: { id }, body: wanted, ...THROWING }))

export async function deleteAccount(id: number): Promise<void> {
  await accountsDestroy({ path: { id }, ...THROWING })
}

export const testAccount = (id: number): Promise<Account> => body(accountsTest({ path: { id }, ...THROWING }))

export const discoverAccount = (id: number): Promise<Account> => body(accountsDiscover({ path: { id }, ...THROWING }))

/** How many requests AWS takes, by region and action. */
export const listLimits = (id: number, signal?: AbortSignal): Promise<Limit[]> => body(accountsLimits({ path: { id }, signal, ...THROWING }))

export const changeLimit = (id: number, wanted: LimitBody): Promise<Limit> =>
  body(accountsChangeLimits({ path: { id }, body: wanted, ...THROWING }))
