import type { InferenceSession } from 'onnxruntime-node'
import { monotonicMs } from '../../api/inference/clock.ts'
import { feedsOf } from '../../api/inference/feeds.ts'
import type { Tokenizer } from '../../api/inference/tokenizer.ts'
import { EXIT, PipelineError } from '../step.ts'

export interface InputOutputOptions {
  readonly session: InferenceSession
  readonly tokenizer: Tokenizer
  /** Name of the output with the logits. */
  readonly output: string
  readonly classes: number
  /** Real texts, at least two different ones. */
  readonly texts: readonly string[]
}

export interface InputOutputReport {
  /** What was tested; all of it passed. */
  readonly passed: string[]
  /** One text, one thread, tokenizing included. */
  readonly latency: { readonly texts: number, readonly p50Ms: number, readonly p95Ms: number }
}

/** What customers send, too. */
const EXTREMES: Readonly<Record<string, string>> = {
  'an empty text': '',
  'blanks alone': ' \n\t ',
  'a text of 10,000 characters': 'Meine Bohrmaschine lädt nicht mehr. '.repeat(300).slice(0, 10_000),
  'a word of 10,000 characters': 'ä'.repeat(10_000),
  emoji: '👩🏼‍🔧🙏❤️ 😭',
  'control characters': '\u0000\u0001\u001f\u007f',
  'half a character': 'kaputt\ud83d'
}
const PROBABILITY_TOLERANCE = 1e-4

/**
 * Runs a model as the service does, on real and on extreme texts.
 * @throws {PipelineError} ERR_MODEL_TESTS names every test that failed, and how
 */
export async function runInputOutputTests ({ session, tokenizer, output, classes, texts }: InputOutputOptions): Promise<InputOutputReport> {
  const failures: string[] = []
  const passed: string[] = []
  const test = async (name: string, problem: () => Promise<string | undefined>) => {
    const found = await problem().catch((error: unknown) => error instanceof Error ? error.message : String(error))
    if (found === undefined) passed.push(name)
    else failures.push(`${name}: ${found}`)
  }
  const run = async (text: string): Promise<Float32Array> => {
    const tensor = (await session.run(feedsOf(tokenizer.encode(text).ids, session.inputNames), [output]))[output]!
    if (tensor.type !== 'float32' || tensor.dims.join() !== `1,${classes}`) throw new Error(`gives ${tensor.type} [${tensor.dims.join(', ')}], not float32 [1, ${classes}]`)
    const data = tensor.data as Float32Array
    if (!data.every(Number.isFinite)) throw new Error('gives what is no finite number')
    return data
  }

  const outputs: Float32Array[] = []
  const times: number[] = []
  await test('real texts, each alone and not padded', async () => {
    for (const text of texts) {
      const startedAt = monotonicMs()
      outputs.push(await run(text))
      times.push(monotonicMs() - startedAt)
    }
    return undefined
  })
  for (const [name, text] of Object.entries(EXTREMES)) await test(name, async () => { await run(text); return undefined })
  await test('the same answer again', async () => {
    for (const [index, text] of texts.entries()) {
      if ((await run(text)).join() !== outputs[index]?.join()) return `text ${index} got another answer`
    }
    return undefined
  })
  await test('answers that depend on the text', async () =>
    new Set(outputs.map(values => values.join())).size > 1 ? undefined : 'every text got the same')
  await test('logits, not probabilities', async () =>
    outputs.every(isDistribution) ? 'each output sums to 1: export the model without its softmax' : undefined)

  if (failures.length) throw new PipelineError('ERR_MODEL_TESTS', `The model fails ${failures.length} of its tests:\n${failures.join('\n')}`, { exitCode: EXIT.data })
  times.sort((a, b) => a - b)
  const quantile = (share: number) => Number(times[Math.min(times.length - 1, Math.floor(share * times.length))]!.toFixed(2))
  return { passed, latency: { texts: times.length, p50Ms: quantile(0.5), p95Ms: quantile(0.95) } }
}

function isDistribution (values: Float32Array): boolean {
  return values.every(value => value >= 0) && Math.abs(values.reduce((sum, value) => sum + value, 0) - 1) < PROBABILITY_TOLERANCE
}
