import { OUT_OF_SCOPE } from '../data/data-set.ts'
import { type Taxonomy, createLabelLookup } from '../data/taxonomy.ts'
import { EXIT, PipelineError } from '../step.ts'
import type { ModelConfig } from './source.ts'

/**
 * Turns a model's `id2label` into classes: ids of the taxonomy in the order of the model's outputs. A label may be
 * written as its id or by its German or English name; a class for what is out of scope may be missing.
 * @param outOfScope what the model calls that class
 * @throws {PipelineError} ERR_LABELS lists every label that is unknown, missing, or there twice
 */
export function mapLabels ({ id2label, label2id }: Pick<ModelConfig, 'id2label' | 'label2id'>, taxonomy: Taxonomy, outOfScope: string = OUT_OF_SCOPE): string[] {
  const lookUp = createLabelLookup(taxonomy)
  const names = Object.keys(id2label).sort((a, b) => Number(a) - Number(b)).map((key, position) => {
    if (key !== String(position)) throw invalid([`id2label has ${JSON.stringify(key)} where ${position} is due`])
    return id2label[key]!
  })
  const mapped = names.map(name => name === outOfScope ? OUT_OF_SCOPE : lookUp(name))
  const problems = [
    ...names.filter((_, index) => mapped[index] === undefined).map(name => `${JSON.stringify(name)} is no label of the taxonomy`),
    ...taxonomy.labels.filter(({ id }) => !mapped.includes(id)).map(({ id }) => `${id} is missing`),
    ...mapped.filter((id, index) => id !== undefined && mapped.indexOf(id) !== index).map(id => `${id} is there twice`),
    ...Object.entries(label2id ?? {}).filter(([name, index]) => names[index] !== name).map(([name, index]) => `label2id has ${JSON.stringify(name)} at ${index}, id2label has not`)
  ]
  if (problems.length) throw invalid(problems)
  return mapped.filter(id => id !== undefined)
}

function invalid (problems: readonly string[]): PipelineError {
  return new PipelineError('ERR_LABELS', `The labels of config.json are not those of the taxonomy: ${problems.join('; ')}`, { exitCode: EXIT.data })
}
