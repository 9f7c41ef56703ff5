import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'

import { useRefetch } from './queries'

describe('after a schedule was changed', () => {
  it('has the list anew before anybody goes back to it, though it is not on screen', async () => {
    const client = new QueryClient()
    const list = vi.fn(async () => ({ count: 0, results: [] }))
    await client.fetchQuery({ queryKey: ['schedules', {}], queryFn: list })
    let refetch: ReturnType<typeof useRefetch> | undefined
    const page = mount({ setup: () => { refetch = useRefetch() }, render: () => null }, { global: { plugins: [[VueQueryPlugin, { queryClient: client }]] } })
    await refetch?.schedules()
    expect(list).toHaveBeenCalledTimes(2)
    page.unmount()
  })
})
