/** Who works here, as what, and their machines, exactly as the API says it. */

export type Role = 'viewer' | 'operator' | 'editor' | 'admin' | 'owner'

/** A machine's way in. Times to the minute; `expires_at` null: it never ends. */
export interface Token {
  id: number
  name: string
  prefix: string
  scope: Role
  author: { email: string; name: string }
  created_at: string
  expires_at: string | null
  last_used_at: string | null
}
export interface NewTokenBody { name: string; scope: Role; expires_at: string }
/** `value` is shown once and kept nowhere. */
export interface TokenMade { token: Token; value: string }

export interface Member { id: number; email: string; name: string; role: Role; last_login: string | null }

/** An open link: for somebody new, or to a member's new password. */
export interface Invitation {
  id: number
  email: string
  role: Role
  kind: 'invitation' | 'reset'
  author: { email: string; name: string } | null
  created_at: string
  expires_at: string
}
export interface InvitationBody { email: string; role: Role }
/** `url` is shown once and kept nowhere. */
export interface LinkMade { invitation: Invitation; url: string }
/** What a link is for, as told to whoever has it. */
export interface OpenedLink { email: string; name: string; workspace: string; role: Role; kind: 'invitation' | 'reset'; author: string }
export interface JoinBody { link: string; name: string; password: string }

export interface Me {
  id: number
  email: string
  name: string
  role: string
  workspace: { id: number; name: string; time_zone: string }
  environment: { demo: boolean; plain_http: boolean; version: string }
}
