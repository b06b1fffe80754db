import type { Manifest, ManifestFile } from '../../model-store/manifest.ts'
import { digestOf } from '../data/data-set.ts'

const DOCUMENT = /\.(md|html|txt)$|^(LICENSE|NOTICE)$/
/** Reports, and what is made from the files that answer. */
const DERIVED = new Set(['evaluation.json', 'gate.json', 'run.json', 'fused.onnx', 'fused.json'])

/** The files of a version that answer: all but documents, reports and exports. */
export function answeringFiles ({ files }: Pick<Manifest, 'files'>): ManifestFile[] {
  return files.filter(({ path }) => !DOCUMENT.test(path) && !DERIVED.has(path))
}

/**
 * Tells whether two versions answer alike: SHA-256 over the checksums of the files that answer and the parts of the
 * manifest that decide. Name, version, documents and reports do not count.
 */
export function modelDigest (manifest: Pick<Manifest, 'files' | 'classes' | 'input' | 'output' | 'calibration' | 'thresholds'>): string {
  const { classes, input, output, calibration, thresholds } = manifest
  const files = answeringFiles(manifest).map(({ path, sha256 }) => [path, sha256]).sort()
  return digestOf(canonical({ files, classes, input, output, calibration, thresholds }))
}

/** JSON with the keys in order. */
function canonical (value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => part !== null && typeof part === 'object' && !Array.isArray(part)
    ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => a < b ? -1 : 1))
    : part)
}
