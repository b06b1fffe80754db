import { decide } from '../../api/inference/decision.ts'
import { softmax } from '../../api/inference/scores.ts'
import type { Manifest } from '../../model-store/manifest.ts'
import type { StoredModel } from '../../model-store/store.ts'
import { answeringFiles } from '../evaluate/model-digest.ts'
import { scoreTexts } from '../score/score-texts.ts'

/** How a rebuilt version compares with the recorded one. */
export interface Comparison {
  /** Whether every file that answers is the same, byte for byte. */
  readonly weightsEqual: boolean
  /** Names of files that differ. */
  readonly differentFiles: string[]
  readonly decisionRuleEqual: boolean
  /** Whether the encoder said the same of the training texts; where it did not, the processor is of another kind. */
  readonly embeddingsEqual: boolean
  readonly predictions: {
    readonly items: number
    /** Share with the same decision and category. */
    readonly sameDecision: number
    /** Of a confidence. */
    readonly largestDifference: number
  }
}

/** Compares two versions file by file, and text by text on `texts`. */
export async function compareVersions (recorded: StoredModel, rebuilt: StoredModel, texts: readonly string[], cacheDirectory: string): Promise<Comparison> {
  const before = await decisionsOf(recorded, texts, cacheDirectory)
  const after = await decisionsOf(rebuilt, texts, cacheDirectory)
  const differences = before.map((decision, index) => Math.abs(decision.confidence - after[index]!.confidence))
  const same = before.filter(({ decision, category }, index) => decision === after[index]!.decision && category === after[index]!.category)
  const differentFiles = differing(recorded.manifest, rebuilt.manifest)
  return {
    weightsEqual: differentFiles.length === 0,
    differentFiles,
    decisionRuleEqual: JSON.stringify(ruleOf(recorded.manifest)) === JSON.stringify(ruleOf(rebuilt.manifest)),
    embeddingsEqual: recorded.manifest.training.parameters.embeddings === rebuilt.manifest.training.parameters.embeddings,
    predictions: { items: texts.length, sameDecision: same.length / texts.length, largestDifference: Math.max(0, ...differences) }
  }
}

async function decisionsOf ({ manifest, directory }: StoredModel, texts: readonly string[], cacheDirectory: string) {
  const logits = await scoreTexts(directory, manifest, texts, { cacheDirectory })
  return logits.map(each => decide(softmax(each, manifest.calibration.temperature), manifest, 1))
}

function differing (recorded: Manifest, rebuilt: Manifest): string[] {
  const checksums = new Map(answeringFiles(rebuilt).map(({ path, sha256 }) => [path, sha256]))
  const changed = answeringFiles(recorded).filter(({ path, sha256 }) => checksums.get(path) !== sha256).map(({ path }) => path)
  const known = new Set(answeringFiles(recorded).map(({ path }) => path))
  return [...changed, ...[...checksums.keys()].filter(path => !known.has(path))]
}

function ruleOf ({ classes, calibration, thresholds }: Manifest) {
  return { classes, calibration, thresholds }
}
