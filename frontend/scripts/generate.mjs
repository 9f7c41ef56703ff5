/** Makes the client anew where it is committed. */
import { make } from './client.mjs'

await make('src/api/generated')
