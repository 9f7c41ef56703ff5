/** A cloud account while it is being entered. A secret left empty stays as it is stored. */
import { ROLE_ARN } from './accounts'
import type { Account, AccountBody, NewAccountBody } from './model'

export interface AccountDraft { kind: 'role' | 'keys'; name: string; roleArn: string; keyId: string; secret: string; regions: string[] }

export const blankAccount = (): AccountDraft => ({ kind: 'role', name: '', roleArn: '', keyId: '', secret: '', regions: [] })

export const accountDraftOf = (account: Account): AccountDraft => ({
  kind: account.kind === 'keys' ? 'keys' : 'role',
  name: account.name, roleArn: account.role_arn ?? '', keyId: '', secret: '',
  regions: account.regions.filter(({ enabled }) => enabled).map(({ name }) => name),
})

function missingKeys({ keyId, secret }: AccountDraft, stored: boolean): Record<string, string> {
  if (stored && !keyId && !secret) return {}
  return {
    ...(keyId ? {} : { '/access_key_id': 'Enter the access key ID that belongs to this secret.' }),
    ...(secret ? {} : { '/secret_access_key': 'Enter the secret that belongs to this key.' }),
  }
}

/** What is missing or plainly wrong, keyed by the pointer the API would use. */
export function missingInAccount(draft: AccountDraft, account: Account | null): Record<string, string> {
  const found: Record<string, string> = {}
  if (!draft.name.trim()) found['/name'] = 'Give the account a name.'
  if (draft.regions.length === 0) found['/regions'] = 'Pick at least one region.'
  const arn = draft.roleArn.trim()
  if (draft.kind === 'role' && arn && !ROLE_ARN.test(arn)) found['/role_arn'] = 'A role ARN looks like arn:aws:iam::123456789012:role/Cloudevy.'
  return draft.kind === 'keys' ? { ...found, ...missingKeys(draft, account !== null) } : found
}

function credentials(draft: AccountDraft): AccountBody {
  if (draft.kind === 'role') return draft.roleArn.trim() ? { role_arn: draft.roleArn.trim() } : {}
  return draft.keyId ? { access_key_id: draft.keyId.trim(), secret_access_key: draft.secret.trim() } : {}
}

export const newAccountBody = (draft: AccountDraft): NewAccountBody => ({
  name: draft.name.trim(), kind: draft.kind, regions: [...draft.regions], ...credentials(draft),
})

/** The kind of an account never changes. */
export function accountBody(draft: AccountDraft): AccountBody {
  const { kind, ...changed } = newAccountBody(draft)
  return changed
}
