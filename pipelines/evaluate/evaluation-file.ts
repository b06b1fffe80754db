import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Value from 'typebox/value'
import { EVALUATION_FILE, EVALUATION_PAGE, type Evaluation, EvaluationSchema } from './evaluation.ts'
import { evaluationPage } from './page/page.ts'

/** The evaluation in a folder; nothing where there is none, or one of another schema. */
export async function readEvaluation (directory: string): Promise<Evaluation | undefined> {
  const json = await readFile(join(directory, EVALUATION_FILE), 'utf8').catch(() => undefined)
  if (json === undefined) return undefined
  try {
    const evaluation: unknown = JSON.parse(json)
    return Value.Check(EvaluationSchema, evaluation) ? evaluation : undefined
  } catch {
    return undefined // half written, by a run that was broken off
  }
}

/** Writes `evaluation.json` and the page made of it. */
export async function writeEvaluation (directory: string, evaluation: Evaluation): Promise<void> {
  await mkdir(directory, { recursive: true })
  await replace(join(directory, EVALUATION_FILE), JSON.stringify(evaluation, null, 2) + '\n')
  await replace(join(directory, EVALUATION_PAGE), evaluationPage(evaluation))
}

async function replace (path: string, content: string): Promise<void> {
  await writeFile(`${path}.new`, content)
  await rename(`${path}.new`, path)
}
