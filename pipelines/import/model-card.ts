import type { Manifest } from '../../model-store/manifest.ts'
import type { DataSetDescription } from '../data/data-set.ts'
import { metricsTable } from '../train/metrics-table.ts'
import type { TokenizerParity } from './tokenizer-parity.ts'

/** The model card of an imported version: what is known of it here. What it was trained on is for whoever trained it to say. */
export function importedModelCard (model: Omit<Manifest, 'files'>, dataSet: DataSetDescription, parity: TokenizerParity): string {
  const { name, version, labels, classes, input, calibration, licence, origin } = model
  return `# ${name} ${version}

Decides which of ${labels.length} desks must answer a customer inquiry, or that a person must read it. A fine-tuned transformer, imported by
\`npm run pipelines -- import\`.

- **Origin**: ${origin}. **Licence**: ${licence}.
- **Reads** at most ${input.maxTokens} tokens: of a longer text the first ${input.headTokens} and the last ${input.maxTokens - input.headTokens}${input.prefix ? `; texts take the prefix \`${input.prefix}\`` : ''}.
- **Out of scope**: ${classes.length > labels.length ? 'a class of its own' : 'no class; too little confidence alone sends an inquiry to a person'}.
- **Tokenizer**: the service's gave the ids of ${parity.reference} on ${parity.texts} texts.
- **Calibrated** with \`${dataSet.name}\` ${dataSet.version} (digest \`${dataSet.digest.slice(0, 16)}…\`): temperature ${calibration.temperature.toFixed(3)} and thresholds were
  fitted on its validation split.

${metricsTable(model)}

The figures of the test split are worth as much as it was kept from training: that cannot be seen here.
`
}
