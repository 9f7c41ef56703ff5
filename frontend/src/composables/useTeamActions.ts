/** Inviting, changing and removing people. The address of a link lives as long as its dialog is open, and nowhere else. */
import { ref, shallowRef, watch } from 'vue'
import { useRouter } from 'vue-router'

import { changeRole, invite, removeMember, resetMember, takeBack } from '@/api/team'
import type { Invitation, InvitationBody, LinkMade, Member, Role } from '@/domain/model'
import { named } from '@/domain/team'
import { useRefetch } from './queries'
import { sentenceOf, useAction } from './useAction'
import { showDone, showError } from './useNotices'
import { useSession } from './useSession'

export function useTeamActions() {
  const refetch = useRefetch()
  const router = useRouter()
  const { me, load, signOut } = useSession()
  const chosen = shallowRef<Member | null>(null)
  const made = shallowRef<LinkMade | null>(null)
  const isInviting = ref(false)
  const isRemoving = ref(false)

  const inviting = useAction(async (wanted: InvitationBody) => {
    const link = await invite(wanted)
    // Whoever closed the dialog meanwhile takes it back and makes another.
    if (isInviting.value) made.value = link
    await refetch.team()
  })

  /** Nothing can be asked any more by whoever has left. */
  async function leave(): Promise<void> {
    await signOut()
    await router.replace({ name: 'sign-in' })
  }

  const removing = useAction(async () => {
    if (!chosen.value) return
    await removeMember(chosen.value.id)
    isRemoving.value = false
    if (chosen.value.email === me.value?.email) return leave()
    await refetch.team()
    showDone('Member removed', named(chosen.value))
  })

  async function attempt(what: () => Promise<unknown>, failed: string, whom: string): Promise<void> {
    try {
      await what()
    } catch (failure) {
      showError(failed, `${whom} · ${sentenceOf(failure)}`)
    }
    await refetch.team()
  }

  watch(isInviting, (open) => !open && (made.value = null))

  return {
    chosen, made, isInviting, isRemoving, inviting, removing,
    askInvite: () => {
      inviting.clear()
      isInviting.value = true
    },
    askRemove: (member: Member) => {
      chosen.value = member
      removing.clear()
      isRemoving.value = true
    },
    setRole: (member: Member, role: Role) => attempt(async () => {
      await changeRole(member.id, role)
      if (member.email === me.value?.email) await load()
      showDone('Role changed', `${named(member)} is ${role} now.`)
    }, 'The role could not be changed', named(member)),
    reset: (member: Member) => attempt(async () => {
      made.value = await resetMember(member.id)
      isInviting.value = true
    }, 'No link could be made', named(member)),
    takeBack: (link: Invitation) => attempt(async () => {
      await takeBack(link.id)
      showDone('Link taken back', link.email)
    }, 'The link could not be taken back', link.email),
  }
}
