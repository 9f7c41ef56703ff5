import { describe, expect, it } from 'vitest'

import { stubApi } from '@/testing/browser'
import { hold } from '@/testing/wanted'
import { explainServer, readStrips, restoreHold, takeSkipBack } from './wanted'

const FROM = '2026-11-22T23:00:00.000Z'
const TO = '2026-11-23T23:00:00.000Z'

describe('what servers are wanted to be', () => {
  it('is drawn in as many questions as the API takes, and in one where it can', async () => {
    const log = stubApi(({ path }) => ({ body: { strips: [{ server: Number(new URLSearchParams(path.split('?')[1]).get('ids')?.split(',')[0]) }] } }))
    expect(await readStrips([3, 8], FROM, TO)).toEqual([{ server: 3 }])
    expect(log[0]?.path).toBe('servers/strips?ids=3%2C8&from=2026-11-22T23%3A00%3A00.000Z&to=2026-11-23T23%3A00%3A00.000Z')
    expect(await readStrips(Array.from({ length: 201 }, (_, id) => id), FROM, TO)).toEqual([{ server: 0 }, { server: 100 }, { server: 200 }])
    expect(log).toHaveLength(4)
  })

  it('is explained for now or for a moment to come', async () => {
    const log = stubApi(() => ({ body: {} }))
    await explainServer(8)
    await explainServer(8, TO)
    expect(log.map(({ path }) => path)).toEqual(['servers/8/explain', 'servers/8/explain?at=2026-11-23T23%3A00%3A00.000Z'])
  })

  it('goes back to an earlier hold without acting', async () => {
    const log = stubApi(({ method }) => (method === 'DELETE' ? { status: 204 } : { status: 201, body: {} }))
    await restoreHold(8, hold({ want: 'off' }))
    expect(log[0]).toMatchObject({ method: 'POST', path: 'servers/8/hold', body: { want: 'off', until: '2026-11-23T20:00:00Z', act: false } })
    await takeSkipBack(90)
    expect(log[1]).toMatchObject({ method: 'DELETE', path: 'skips/90' })
  })
})
