import pino, { type LevelWithSilent, type Logger } from 'pino'

export type LogLine = Record<string, unknown> & { readonly level: string, readonly msg: string }

/** A logger whose lines a test can read. */
export interface CapturedLog {
  readonly log: Logger
  readonly lines: readonly LogLine[]
  readonly text: () => string
}

export function captureLog (level: LevelWithSilent = 'trace', onLine?: (line: LogLine) => void): CapturedLog {
  const lines: LogLine[] = []
  const log = pino({ level, base: null, formatters: { level: label => ({ level: label }) } }, {
    write: text => {
      const line: LogLine = JSON.parse(text)
      lines.push(line)
      onLine?.(line)
    }
  })
  return { log, lines, text: () => lines.map(line => JSON.stringify(line)).join('\n') }
}
