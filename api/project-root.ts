import { existsSync } from 'node:fs'

/** The folder with `package.json`, whether this runs from the sources or from `dist/`. */
export function findProjectRoot (): URL {
  let folder = new URL('./', import.meta.url)
  while (!existsSync(new URL('package.json', folder))) {
    const parent = new URL('../', folder)
    if (parent.href === folder.href) throw new Error('No package.json above the code')
    folder = parent
  }
  return folder
}
