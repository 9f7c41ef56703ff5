/** What whoever looks may do about a person, and how people and links are told. Pure; the API decides. */
import type { Invitation, Me, Member, Role } from './model'
import { reaches, ROLES } from './roles'
import { ago, until } from './time'

/** Nobody manages somebody above them. */
export const manages = (me: Me | null, role: Role): boolean => reaches(me?.role, 'admin') && reaches(me?.role, role)

/** The roles that whoever looks may give. */
export const given = (me: Me | null): Role[] => ROLES.filter((role) => reaches(me?.role, role))

export const named = ({ name, email }: { name: string; email: string }): string => name || email

/** What removing somebody brings about. */
export const leaving = (member: Member, me: Me | null): string =>
  member.email === me?.email
    ? 'You can do nothing here any more from that moment on, and your tokens stop working.'
    : 'They can do nothing here any more from that moment on, and their tokens stop working. What they did stays in the activity.'

/** Only admins are told when somebody was here; to others nothing is said, for null is not "never" then. */
export function seenWords({ last_login }: Member, me: Me | null, now: number): string {
  if (!reaches(me?.role, 'admin')) return ''
  return last_login ? `signed in ${ago(now - Date.parse(last_login))}` : 'never signed in'
}

export const linkWords = (link: Invitation, now: number): string =>
  `${link.kind === 'reset' ? 'New password' : `Invited as ${link.role}`}${link.author ? ` by ${named(link.author)}` : ''} · ends ${until(Date.parse(link.expires_at) - now)}`
