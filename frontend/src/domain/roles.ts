/** Who may do what on the page. The API decides; the page only leaves out what it would refuse. */

import type { Role } from './people'

/** The least first; each may do everything that those before it may. */
export const ROLES: readonly Role[] = ['viewer', 'operator', 'editor', 'admin', 'owner']
const rank = (role: string | undefined): number => ROLES.findIndex((each) => each === role)

/** Whether somebody of this role may do what at least that one may; nobody signed in may nothing. */
export const reaches = (role: string | undefined, least: Role): boolean => rank(role) >= rank(least)
