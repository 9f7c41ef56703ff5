/** The parts of a browser that tests move by hand: a tab that hides, a network that goes, an API that answers. */
import { effectScope, type EffectScope } from 'vue'
import { vi } from 'vitest'

export function setVisible(visible: boolean): void {
  Object.defineProperty(document, 'visibilityState', { value: visible ? 'visible' : 'hidden', configurable: true })
  document.dispatchEvent(new Event('visibilitychange'))
}

export const setOnline = (online: boolean): void => void window.dispatchEvent(new Event(online ? 'online' : 'offline'))

/** Runs a composable as a component would, and gives back the scope that ends it. */
export function inScope<Made>(make: () => Made): { made: Made; scope: EffectScope } {
  const scope = effectScope()
  const made = scope.run(make)
  if (made === undefined) throw new Error('The composable returned nothing.')
  return { made, scope }
}

export interface Asked { method: string; path: string; headers: Headers; body: unknown }
type Reply = { status?: number; body?: unknown; headers?: Record<string, string> } | undefined

/** Replaces fetch; what the handler does not know is a 404. */
export function stubApi(reply: (asked: Asked) => Reply | Promise<Reply>): Asked[] {
  const log: Asked[] = []
  vi.stubGlobal('fetch', async (request: Request) => {
    const url = new URL(request.url, 'http://localhost')
    const text = await request.text()
    const asked = {
      method: request.method, path: (url.pathname + url.search).replace('/api/v1/', ''), headers: request.headers,
      body: text ? (JSON.parse(text) as unknown) : null,
    }
    log.push(asked)
    const { status = 200, body, headers } = (await reply(asked)) ?? { status: 404, body: { code: 'not_found', detail: 'No.' } }
    const bare = status === 204 || status === 304
    return new Response(bare ? null : JSON.stringify(body ?? {}), { status, headers })
  })
  return log
}

export const flush = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
}
