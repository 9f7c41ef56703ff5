/** Fails when the generated client is not what the committed OpenAPI document makes today. */
import { createClient } from '@hey-api/openapi-ts'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import config from '../openapi-ts.config.ts'

const COMMITTED = 'src/api/generated'

const filesOf = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()

const fresh = mkdtempSync(join(tmpdir(), 'client-'))
try {
  await createClient({ ...(await config), output: { path: fresh }, logs: { level: 'silent' } })
  const names = [...new Set([...filesOf(COMMITTED), ...filesOf(fresh)])]
  const read = (folder, name) => (filesOf(folder).includes(name) ? readFileSync(join(folder, name), 'utf8') : null)
  const stale = names.filter((name) => read(COMMITTED, name) !== read(fresh, name))
  if (stale.length > 0) {
    process.exitCode = 1
    process.stderr.write(`The generated client is stale (${stale.join(', ')}). Run: npm run generate\n`)
  }
} finally {
  rmSync(fresh, { recursive: true })
}
