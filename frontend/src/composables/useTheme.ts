/** Light, dark, or as the machine has it. The first paint is decided by public/theme.js with the same key. */
import { readonly, ref, watchEffect } from 'vue'

export type Theme = 'auto' | 'light' | 'dark'

const KEY = 'cloudevy.theme'
const system = matchMedia('(prefers-color-scheme: dark)')
const systemIsDark = ref(system.matches)
const theme = ref<Theme>(kept())

function kept(): Theme {
  try {
    const value = localStorage.getItem(KEY)
    return value === 'light' || value === 'dark' ? value : 'auto'
  } catch {
    return 'auto'
  }
}

function keep(chosen: Theme): void {
  theme.value = chosen
  try {
    localStorage.setItem(KEY, chosen)
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the tab.
  }
}

system.addEventListener('change', (event) => (systemIsDark.value = event.matches))
watchEffect(() => {
  const dark = theme.value === 'dark' || (theme.value === 'auto' && systemIsDark.value)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})

export const useTheme = () => ({ theme: readonly(theme), keep })
