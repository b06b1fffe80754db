import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FUSED_DESCRIPTION, FUSED_FILE } from '../../model-store/backends/mlflow/mlmodel.ts'
import { addToCandidate } from '../candidate.ts'
import { readDataSet } from '../data/data-set.ts'
import { DEFAULT_DATA } from '../data/default-data.ts'
import { findModel } from '../evaluate/find-model.ts'
import { type Step, parseOptions, usageError } from '../step.ts'
import { fuse, interfaceFile } from './fuse.ts'

const HELP = `Usage: npm run pipelines -- fuse --candidate DIR --add [options]
       npm run pipelines -- fuse --candidate DIR | --version VERSION | --alias ALIAS --out FILE [options]

Writes a model as one ONNX file: token ids (and n-grams, where its head has them) in, calibrated probabilities out, beside
the output of the encoder. What it takes and gives is described in a JSON file of the same name. It is compared with the
service on the first texts of the data set's validation split, and refused where a probability differs by more than 1e-6.

  --candidate DIR    folder of a candidate
  --version VERSION  a version in the store
  --alias ALIAS      the version in the store that an alias points at
  --add              put fused.onnx and fused.json into the candidate
  --out FILE         file to write, ending in .onnx
  --logits           logits, before the temperature, instead of probabilities
  --data DIR         data set with the texts to compare on (default ${DEFAULT_DATA})
  --texts COUNT      how many (default 200)
  --name NAME        name of the model in the store (default inquiry-classifier)
  --store URL        model store (default MODEL_STORE_URL, else file:model-store/models)`

/** `pipelines fuse`: from a model to one ONNX file. */
export const fuseStep: Step = {
  help: HELP,
  async run (args, environment) {
    const values = parseOptions(args, {
      candidate: { type: 'string' },
      version: { type: 'string' },
      alias: { type: 'string' },
      add: { type: 'boolean', default: false },
      out: { type: 'string' },
      logits: { type: 'boolean', default: false },
      data: { type: 'string', default: DEFAULT_DATA },
      texts: { type: 'string', default: '200' },
      name: { type: 'string', default: 'inquiry-classifier' },
      store: { type: 'string', default: environment.MODEL_STORE_URL ?? 'file:model-store/models' }
    })
    const { add, candidate, out, logits } = values
    const count = Number(values.texts)
    if (add === (out !== undefined)) throw usageError('One of --add and --out is needed')
    if (add && candidate === undefined) throw usageError('--add is for candidates: a version in the store never changes')
    if (add && logits) throw usageError('--add takes probabilities only')
    if (out !== undefined && !out.endsWith('.onnx')) throw usageError('--out must end in .onnx')
    if (!Number.isInteger(count) || count < 1) throw usageError('--texts must be a whole number from 1 on')

    const model = await findModel(values)
    const texts = (await readDataSet(values.data)).splits.validation.slice(0, count).map(({ text }) => text)
    const file = out ?? join(model.directory, FUSED_FILE)
    const fused = await fuse({ model, file, logits, texts, cacheDirectory: '.cache/embeddings' })
    if (add) await addToCandidate(model.directory, [FUSED_FILE, FUSED_DESCRIPTION])
    return { file, description: interfaceFile(file), model: `${model.manifest.name} ${model.manifest.version}`, bytes: (await stat(file)).size, ...fused }
  }
}
