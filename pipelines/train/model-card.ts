import type { Manifest } from '../../model-store/manifest.ts'
import type { DataSetDescription } from '../data/data-set.ts'
import type { EncoderConfig } from './encoder-config.ts'
import { metricsTable } from './metrics-table.ts'

/** The model card that goes with a version (Mitchell et al. 2019, "Model Cards for Model Reporting"). */
export function modelCard (model: Omit<Manifest, 'files'>, dataSet: DataSetDescription, { layers, upstream, output }: EncoderConfig): string {
  return `# ${model.name} ${model.version}

Decides which of ${model.labels.length} desks of a home-improvement retailer must answer a customer inquiry in German or English, or that
a person must read it.

## Made of
- **Encoder**: ${layers} layers, ${output.size} dimensions, int8. ${upstream}.${model.input.prefix ? ` Texts take the prefix \`${model.input.prefix}\`.` : ''}
  Of more than ${model.input.maxTokens} tokens the first ${model.input.headTokens} and the last ${model.input.maxTokens - model.input.headTokens} are read.
- **Head**: multinomial logistic regression over the embedding and hashed character n-grams (Apache-2.0), trained by
  \`npm run pipelines -- train\`; out of scope is a class of its own. Temperature ${model.calibration.temperature.toFixed(3)} and thresholds were
  fitted on the validation split.

## Trained on
\`${dataSet.name}\` ${dataSet.version} (${dataSet.files.train?.examples} training, ${dataSet.files.validation?.examples} validation, ${dataSet.files.test?.examples} test texts; digest \`${dataSet.digest.slice(0, 16)}…\`),
${dataSet.licence}. **The texts are synthetic**: ${dataSet.origin}
So the figures below say how the version compares with others of this project, not how it does on real customers; what the
encoder and the head are worth is measured on public sets (\`docs/model-quality.md\`).

## Measured
${metricsTable(model)}

Temperature and thresholds were chosen on validation, and what it got wrong guided which training texts were added, so its
figures flatter. The test split has another writer and decided nothing, but was looked at with each training. All writers are
the same language model: expect real customers to differ more.

## Limits
Other languages than German and English, thick dialect, and messages with several matters are answered less well. Never
the only step before a decision about a person: what goes to the wrong desk must be passed on there by hand.
`
}
