import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

const OPENERS: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = { darwin: ['open'], win32: ['cmd', '/c', 'start', ''] }

/** Shows a file with the program that the desktop has for it; says where the file is when there is none. */
export async function openInBrowser (path: string): Promise<void> {
  const [command, ...args] = OPENERS[process.platform] ?? ['xdg-open']
  const child = spawn(command, [...args, resolve(path)], { detached: true, stdio: 'ignore' })
  try {
    await once(child, 'spawn')
    child.unref()
  } catch {
    console.error(`${command} is missing: open ${resolve(path)} in a browser`)
  }
}
