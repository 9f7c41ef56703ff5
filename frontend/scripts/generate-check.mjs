/** Fails when the generated client is not what the committed OpenAPI document makes today. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { filesOf, make } from './client.mjs'

const COMMITTED = 'src/api/generated'

const fresh = mkdtempSync(join(tmpdir(), 'client-'))
try {
  await make(fresh)
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
