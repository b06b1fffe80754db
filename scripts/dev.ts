import { spawn } from 'node:child_process'

/** Compiles on every change and restarts the service. Ctrl-C ends both. */
const children = [
  spawn('node_modules/.bin/tsc', ['-p', '.', '--watch', '--preserveWatchOutput'], { stdio: 'inherit' }),
  spawn(process.execPath, ['--watch', '--enable-source-maps', 'dist/api/server.js'], { stdio: 'inherit' })
]
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => children.forEach(child => child.kill(signal)))
for (const child of children) child.once('exit', () => children.forEach(other => other.kill()))
