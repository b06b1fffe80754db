import Type from 'typebox'
import type { MlflowClient } from './client.ts'
import { isRefusal } from './errors.ts'

const ExperimentSchema = Type.Object({ experiment: Type.Object({ experiment_id: Type.String() }) })

/** Id of the experiment of this name, which is made where it is missing. @throws {MlflowError} */
export async function experimentId (client: MlflowClient, name: string): Promise<string> {
  await client.post('experiments/create', { parameters: { name }, answer: Type.Object({}) }).catch(error => {
    if (!isRefusal(error, 'RESOURCE_ALREADY_EXISTS')) throw error
  })
  const { experiment } = await client.get('experiments/get-by-name', { parameters: { experiment_name: name }, answer: ExperimentSchema })
  return experiment.experiment_id
}
