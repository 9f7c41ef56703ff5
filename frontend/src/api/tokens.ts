/** API tokens. A token's value comes with the answer that made it, and never again. */
import type { NewTokenBody, Page, Token, TokenMade } from '@/domain/model'
import { tokensCreate, tokensDestroy, tokensList } from './generated'
import { body, THROWING } from './http'

const MOST = 200

export const listTokens = (signal?: AbortSignal): Promise<Page<Token>> => body(tokensList({ query: { page_size: MOST }, signal, ...THROWING }))

export const createToken = (wanted: NewTokenBody): Promise<TokenMade> => body(tokensCreate({ body: wanted, ...THROWING }))

export async function revokeToken(id: number): Promise<void> {
  await tokensDestroy({ path: { id }, ...THROWING })
}
