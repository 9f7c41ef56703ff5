/** What the person who is signed in may do; buttons for anything else are not shown. */
import { computed } from 'vue'

import type { Role } from '@/domain/model'
import { reaches } from '@/domain/roles'
import { useSession } from './useSession'

export function useMay() {
  const { me } = useSession()
  const may = (least: Role) => computed(() => reaches(me.value?.role, least))
  return { operates: may('operator'), edits: may('editor'), administers: may('admin') }
}
