/** Takes a person to what keeps a form from being saved: the button is at its end, and that may be far from it. */
import { computed, nextTick, type Ref } from 'vue'

/** A field that says it is wrong, or a line marked as such where no single field can. */
const WRONG = '[aria-invalid="true"], [data-wrong]'

async function showFirst(root: HTMLElement | null, selector: string): Promise<void> {
  await nextTick()
  const found = root?.querySelector<HTMLElement>(selector)
  // Not by the focus, which would leave it at the very edge, beneath the bar at the top.
  found?.scrollIntoView({ block: found.offsetHeight > window.innerHeight / 2 ? 'start' : 'center' })
  found?.focus({ preventScroll: true })
}

/** `conflict`: whether both versions are shown, which come before any field. */
export function useTrouble(form: () => HTMLElement | null, problems: Ref<Record<string, string>>, conflict: Ref<boolean>) {
  const troubles = computed(() => Object.keys(problems.value).length)
  const showTrouble = (): Promise<void> => showFirst(form(), WRONG)

  async function showWhyNotSaved(): Promise<void> {
    if (conflict.value) await showFirst(form(), '[data-conflict]')
    else if (troubles.value > 0) await showTrouble()
  }

  return { troubles, showTrouble, showWhyNotSaved, showTop: () => showFirst(form(), 'h1') }
}
