/** The tab's title and icon: how many servers change, and whether one needs a person. */
import { toValue, watchEffect, type MaybeRefOrGetter } from 'vue'

export interface TabState { title: string; changing?: number; attention?: number }

const prefix = ({ changing = 0, attention = 0 }: TabState): string => {
  if (attention > 0) return '! '
  return changing > 0 ? `(${changing}) ` : ''
}

function icon({ changing = 0, attention = 0 }: TabState): string {
  if (attention > 0) return '/favicon-attention.svg'
  return changing > 0 ? '/favicon-changing.svg' : '/favicon.svg'
}

export function useTitle(state: MaybeRefOrGetter<TabState>): void {
  watchEffect(() => {
    const now = toValue(state)
    document.title = `${prefix(now)}${now.title} · Cloudevy`
    const link = document.querySelector<HTMLLinkElement>('#favicon')
    const wanted = icon(now)
    if (link && link.getAttribute('href') !== wanted) link.href = wanted
  })
}
