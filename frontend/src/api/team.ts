/** The people of the workspace, and links by which somebody sets a password. A link's address comes once. */
import type { Invitation, InvitationBody, JoinBody, LinkMade, Member, OpenedLink, Page, Role } from '@/domain/model'
import { authJoin, authOpened, invitationsCreate, invitationsDestroy, invitationsList, teamDestroy, teamList, teamReset, teamUpdate } from './generated'
import { body, THROWING } from './http'
import { prepare } from './session'

const MOST = 200

export const listMembers = (signal?: AbortSignal): Promise<Page<Member>> => body(teamList({ query: { page_size: MOST }, signal, ...THROWING }))

export const changeRole = (id: number, role: Role): Promise<Member> => body(teamUpdate({ path: { id }, body: { role }, ...THROWING }))

export async function removeMember(id: number): Promise<void> {
  await teamDestroy({ path: { id }, ...THROWING })
}

export const resetMember = (id: number): Promise<LinkMade> => body(teamReset({ path: { id }, ...THROWING }))

export const listInvitations = (signal?: AbortSignal): Promise<Page<Invitation>> => body(invitationsList({ query: { page_size: MOST }, signal, ...THROWING }))

export const invite = (wanted: InvitationBody): Promise<LinkMade> => body(invitationsCreate({ body: wanted, ...THROWING }))

export async function takeBack(id: number): Promise<void> {
  await invitationsDestroy({ path: { id }, ...THROWING })
}

/** For somebody who is not signed in: the CSRF cookie has to be fetched first. */
export async function openLink(link: string): Promise<OpenedLink> {
  await prepare()
  return body(authOpened({ body: { link }, ...THROWING }))
}

export const join = (wanted: JoinBody): Promise<{ email: string }> => body(authJoin({ body: wanted, ...THROWING }))
