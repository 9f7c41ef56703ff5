/** What the person who is signed in may do; buttons for anything else are not shown. */
import { computed } from 'vue'

import { reaches } from '@/domain/roles'
import { useSession } from './useSession'

export function useMay() {
  const { me } = useSession()
  return { operates: computed(() => reaches(me.value?.role, 'operator')), edits: computed(() => reaches(me.value?.role, 'editor')) }
}
