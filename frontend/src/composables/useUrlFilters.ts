/** The filters of the servers list live in the address: a copied address shows the same list. */
import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'

import { filtersOf, queryOf, type ServerFilters } from '@/domain/filters'

export function useUrlFilters() {
  const route = useRoute()
  const router = useRouter()
  const filters = computed(() => filtersOf(route.query))

  /** Any change but turning the page begins at the first page again. */
  function change(part: Partial<ServerFilters>): void {
    const next = { ...filters.value, page: 1, ...part }
    void router.replace({ query: queryOf(next) })
  }

  return { filters, change, clear: () => change(filtersOf({ sort: filters.value.sort })) }
}
