const NAME = /^(?!\.{1,2}(\/|$))[\w.-]+(\/(?!\.{1,2}(\/|$))[\w.-]+)*$/

/** The name of an artefact, which may have folders in it. @throws when it leads out of its run */
export function artefactPath (name: string): string {
  if (!NAME.test(name)) throw new Error(`${JSON.stringify(name)} is no name of an artefact`)
  return name
}
