/** Makes the API client from the committed OpenAPI document; used by `generate` and `generate:check` alike. */
import { createClient } from '@hey-api/openapi-ts'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import config from '../openapi-ts.config.ts'

/** The generator's advice on other packages comes with addresses that have no place in this project. */
const ADVICE = /\n\s*\*\n\s*\* Install \{@link [^}]*\} instead\./g

export const filesOf = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()

/** Write the client into `folder`. */
export async function make(folder) {
  await createClient({ ...(await config), output: { path: folder }, logs: { level: 'silent' } })
  for (const name of filesOf(folder)) {
    const path = join(folder, name)
    const text = readFileSync(path, 'utf8')
    const plain = text.replace(ADVICE, '')
    if (plain !== text) writeFileSync(path, plain)
  }
}
