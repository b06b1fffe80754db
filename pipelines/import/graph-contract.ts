import { TEXT_INPUTS } from '../../api/inference/feeds.ts'
import type { GraphInterface, TensorDescription } from '../onnx/session.ts'
import { EXIT, PipelineError } from '../step.ts'

/**
 * Finds the output with the logits, and checks that the service can run the graph: it gives each text alone, with as
 * many tokens as it has.
 * @param name of the output; left out: `logits`, or the only one that can be
 * @throws {PipelineError} ERR_GRAPH lists what the graph takes and gives
 */
export function findLogits ({ inputs, outputs }: GraphInterface, classes: number, name?: string): string {
  const all = `inputs ${inputs.map(show).join(', ')}; outputs ${outputs.map(show).join(', ')}`
  const refuse = (problem: string): never => { throw new PipelineError('ERR_GRAPH', `${problem} (${all})`, { exitCode: EXIT.data }) }
  const unknown = inputs.filter(input => !(TEXT_INPUTS as readonly string[]).includes(input.name))
  if (unknown.length) refuse(`The graph asks for ${unknown.map(input => input.name).join(', ')}, which a text does not give`)
  if (!inputs.some(input => input.name === 'input_ids')) refuse('The graph has no input input_ids')
  for (const input of inputs) {
    if (input.dtype !== 'int64') refuse(`${input.name} is ${input.dtype}, int64 is needed`)
    const [batch, length, ...rest] = input.shape
    if (rest.length || (batch !== 1 && batch !== -1) || length !== -1) refuse(`${input.name} has a fixed shape: export with dynamic axes`)
  }
  const fitting = outputs.filter(({ dtype, shape }) => dtype === 'float32' && shape.length === 2 && (shape[1] === classes || shape[1] === -1))
  const chosen = fitting.filter(output => name === undefined ? fitting.length === 1 || output.name === 'logits' : output.name === name)
  if (chosen.length !== 1) refuse(`The graph has no output ${name ?? 'logits'} of float32 [batch, ${classes}]`)
  return chosen[0]!.name
}

function show ({ name, dtype, shape }: TensorDescription): string {
  return `${name} ${dtype} [${shape.map(length => length === -1 ? '?' : length).join(', ')}]`
}
