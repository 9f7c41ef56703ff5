/** Who may do what on the page. The API decides; the page only leaves out what it would refuse. */

const RANK = ['viewer', 'operator', 'editor', 'admin', 'owner']

/** Whether somebody of this role may do what at least that one may; nobody signed in may nothing. */
export const reaches = (role: string | undefined, least: 'operator' | 'editor'): boolean => RANK.indexOf(role ?? '') >= RANK.indexOf(least)
