/** Idempotency keys. `crypto.randomUUID` exists in secure contexts only; a plain-http address has none. */
export function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
