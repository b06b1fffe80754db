import type { Manifest } from '../../model-store/manifest.ts'
import type { DataSetDescription } from '../data/data-set.ts'

/** The model card that goes with a version (Mitchell et al. 2019, "Model Cards for Model Reporting"). */
export function modelCard (model: Omit<Manifest, 'files'>, dataSet: DataSetDescription): string {
  const { metrics } = model
  const percent = (name: string) => `${(100 * (metrics[name] ?? NaN)).toFixed(1)} %`
  const row = (title: string, name: string) => `| ${title} | ${percent(`validation.${name}`)} | ${percent(`test.${name}`)} |`
  return `# ${model.name} ${model.version}

Decides which of ${model.labels.length} desks of a home-improvement retailer must answer a customer inquiry in German or English, or that
a person must read it.

## Made of
- **Encoder**: multilingual-e5-small (intfloat, MIT), 12 layers, 384 dimensions, vocabulary trimmed to European languages,
  int8; rebuilt from two registry packages by \`pipelines/encoder\`. Texts take the prefix \`${model.input.prefix}\`; of more than
  ${model.input.maxTokens} tokens the first ${model.input.headTokens} and the last ${model.input.maxTokens - model.input.headTokens} are read.
- **Head**: multinomial logistic regression over the embedding and hashed character n-grams (Apache-2.0), trained by
  \`npm run pipelines -- train\`; out of scope is a class of its own. Temperature ${model.calibration.temperature.toFixed(3)} and thresholds were
  fitted on the validation split.

## Trained on
\`${dataSet.name}\` ${dataSet.version} (${dataSet.files.train?.examples} training, ${dataSet.files.validation?.examples} validation, ${dataSet.files.test?.examples} test texts; digest \`${dataSet.digest.slice(0, 16)}…\`),
${dataSet.licence}. **The texts are synthetic**: ${dataSet.origin}
So the figures below say how the version compares with others of this project, not how it does on real customers; what the
encoder and the head are worth is measured on public sets (\`docs/model-quality.md\`).

## Measured
| | validation | test |
|---|---|---|
${row('Accuracy, in scope', 'accuracy')}
${row('Macro-F1, in scope', 'macroF1')}
${row('Expected calibration error', 'expectedCalibrationError')}
${row('Out of scope, AUROC', 'outOfScopeAuroc')}
${row('Out of scope sent to manual', 'outOfScopeCaught')}
${row('In scope sent to manual', 'inScopeLost')}
${row('Accuracy of what is answered', 'answeredAccuracy')}

Temperature and thresholds were chosen on validation, and what it got wrong guided which training texts were added, so its
figures flatter. The test split has another writer and decided nothing, but was looked at with each training. All writers are
the same language model: expect real customers to differ more.

## Limits
Other languages than German and English, thick dialect, and messages with several matters are answered less well. Never
the only step before a decision about a person: what goes to the wrong desk must be passed on there by hand.
`
}
