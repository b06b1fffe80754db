import { readFileSync } from 'node:fs'
import { findProjectRoot } from '../../api/project-root.ts'

/** Texts on which two tokenizers are likely to disagree; `export_parity.py` reads the same file. */
export function readHardTexts (): string[] {
  return JSON.parse(readFileSync(new URL('pipelines/import/hard-texts.json', findProjectRoot()), 'utf8'))
}
