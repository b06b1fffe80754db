import { cp } from 'node:fs/promises'
import { extname } from 'node:path'

/** Puts what the compiler leaves alone of the web page beside its compiled script. */
await cp('api/web', 'dist/api/web', { recursive: true, filter: path => !['.ts', '.json'].includes(extname(path)) })
