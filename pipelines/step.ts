import { parseArgs } from 'node:util'

/** What a scheduler can tell by the exit code of a step. */
export const EXIT = {
  done: 0,
  /** Something broke, or an answer was no. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** The gate said no: nothing was moved. */
  gate: 3,
  /** The input data are not fit: unknown labels, broken rows, failed data tests. */
  data: 4,
  /** A server that is needed did not answer; the same command may go through later. */
  unavailable: 5
} as const

export type ExitCode = typeof EXIT[keyof typeof EXIT]

/** A failure that whoever runs a step can act on. Callers switch on `code`. */
export class PipelineError extends Error {
  /** `ERR_…` */
  readonly code: string
  readonly exitCode: ExitCode
  /** What is printed on standard output all the same, as a step's result is; for example a report that says no. */
  readonly result: unknown

  constructor (code: string, message: string, options: ErrorOptions & { exitCode?: ExitCode, result?: unknown } = {}) {
    super(message, options)
    this.name = 'PipelineError'
    this.code = code
    this.exitCode = options.exitCode ?? EXIT.failed
    this.result = options.result
  }
}

/** One step of the pipelines, a command of its own. */
export interface Step {
  /** What `--help` prints: usage, what it reads and writes, options. */
  readonly help: string
  /**
   * Runs the step. Progress goes to standard error.
   * @returns what is printed on standard output, as JSON; a string is printed as it is
   * @throws {PipelineError}
   */
  run(args: string[], environment: Environment): Promise<unknown>
}

/** The environment variables; only `main.ts` reads the process's. */
export type Environment = Readonly<Record<string, string | undefined>>

/** As `parseArgs` of node:util takes it. */
export interface OptionDeclaration {
  type: 'string' | 'boolean'
  multiple?: boolean
  default?: string | boolean | string[]
}

export type OptionValues<Options extends Record<string, OptionDeclaration>> = ReturnType<typeof parseArgs<{ args: string[], options: Options, strict: true }>>['values']

/**
 * Parses a step's options strictly.
 * @throws {PipelineError} ERR_USAGE
 */
export function parseOptions<const Options extends Record<string, OptionDeclaration>> (args: string[], options: Options): OptionValues<Options> {
  try {
    return parseArgs<{ args: string[], options: Options, strict: true }>({ args, options, strict: true }).values
  } catch (cause) {
    throw usageError(cause instanceof Error ? cause.message : String(cause), cause)
  }
}

export function usageError (message: string, cause?: unknown): PipelineError {
  return new PipelineError('ERR_USAGE', message, { exitCode: EXIT.usage, cause })
}
