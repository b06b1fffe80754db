import { appendFile, copyFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadHead } from '../../api/inference/head.ts'
import type { StoredModel } from '../../model-store/store.ts'
import { encodeModel } from '../onnx/model.ts'
import { type GraphInterface, describeInterface, withSession } from '../onnx/session.ts'
import { PipelineError } from '../step.ts'
import { LOGITS, headGraph } from './head-graph.ts'
import { type Agreement, compareWithService } from './compare-with-service.ts'

export interface FuseOptions {
  readonly model: StoredModel
  /** Where the ONNX file goes; what it takes and gives goes beside it, with `.json` in place of `.onnx`. */
  readonly file: string
  /** Logits, not divided by the temperature, instead of probabilities. */
  readonly logits: boolean
  /** Real texts on which the result is compared with the service. */
  readonly texts: readonly string[]
  readonly cacheDirectory: string
}

export interface Fused extends Agreement {
  readonly interface: GraphInterface
}

/**
 * Writes a model as one ONNX file: token ids in, calibrated probabilities out. The file appears only when it gives
 * what the service gives.
 * @throws {PipelineError} ERR_FUSED_DIFFERS, ERR_NOT_FUSABLE
 */
export async function fuse ({ model, file, logits, texts, cacheDirectory }: FuseOptions): Promise<Fused> {
  const { manifest, directory } = model
  const head = manifest.output.kind === 'embedding' ? await loadHead(directory, manifest.classes, manifest.output.size) : undefined
  if (logits && (!head || await givesLogits(directory))) throw new PipelineError('ERR_NOT_FUSABLE', `The network of ${manifest.name} ${manifest.version} has an output ${LOGITS} already`)
  const graph = headGraph({
    output: manifest.output,
    head,
    classes: manifest.classes.length,
    temperature: logits ? undefined : manifest.calibration.temperature
  })
  const unchecked = `${file}.new`
  try {
    await copyFile(join(directory, 'model.onnx'), unchecked)
    await appendFile(unchecked, encodeModel(graph))
    const { described, agreement } = await withSession(unchecked, async session => ({
      described: describeInterface(session),
      agreement: await compareWithService({ model, head, session, logits, texts, cacheDirectory })
    }))
    await writeFile(interfaceFile(file), JSON.stringify(described, null, 2) + '\n')
    await rename(unchecked, file)
    return { interface: described, ...agreement }
  } finally {
    await rm(unchecked, { force: true })
  }
}

/** As a fine-tuned encoder does, whose own head is not the version's. */
async function givesLogits (directory: string): Promise<boolean> {
  return await withSession(join(directory, 'model.onnx'), async session => session.outputNames.includes(LOGITS))
}

/** Where the description of a fused file lies. */
export function interfaceFile (file: string): string {
  return `${file.replace(/\.onnx$/, '')}.json`
}
