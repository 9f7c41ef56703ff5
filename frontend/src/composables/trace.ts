/** Lines for the browser's console: in development, and wherever `cloudevy.debug` is set in local storage. */

function isWanted(): boolean {
  if (import.meta.env.DEV) return true
  try {
    return Boolean(localStorage.getItem('cloudevy.debug'))
  } catch {
    return false
  }
}

export function trace(line: string): void {
  // eslint-disable-next-line no-console
  if (isWanted()) console.log(line)
}
