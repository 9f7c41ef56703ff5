/** Field-level problems of an answer, keyed so that a form finds its own. */

export interface FieldProblem { pointer: string; code: string; detail: string }

/** The first problem of each field, by JSON pointer ("/rules/0/cron"). */
export function byPointer(problems: readonly FieldProblem[]): Record<string, string> {
  const found: Record<string, string> = {}
  for (const { pointer, detail } of problems) {
    const key = pointer.replace(/^#/, '')
    found[key] ??= detail
  }
  return found
}

/** What stands at this field or anywhere under it. */
export function problemAt(problems: Record<string, string>, pointer: string): string | undefined {
  const key = Object.keys(problems).find((known) => known === pointer || known.startsWith(`${pointer}/`))
  return key === undefined ? undefined : problems[key]
}

/** Problems that no field of the form shows; they belong at its top. */
export function unshown(problems: Record<string, string>, shown: readonly string[]): string[] {
  const isShown = (key: string): boolean => shown.some((pointer) => key === pointer || key.startsWith(`${pointer}/`))
  return Object.entries(problems).filter(([key]) => !isShown(key)).map(([, detail]) => detail)
}
