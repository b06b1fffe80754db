import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'

/** What every Java process of the harness is started with. */
export interface KafkaRuntime {
  /** The jars, absolute and always in the same order: an AppCDS archive is refused for any other. */
  classPath: string
  /** File of the AppCDS archive, which halves the time to start. */
  archive?: string
}

export interface JavaOptions {
  runtime: KafkaRuntime
  mainClass: string
  args: string[]
  /** Flags of the virtual machine. */
  flags?: string[]
  /** Milliseconds until the process is ended by force. @default 120000 */
  timeout?: number
}

const run = promisify(execFile)
const OLDEST_JAVA = 17
const SETPRIV = '/usr/bin/setpriv'
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024

/** Compiled by C1 alone and logging warnings only: these processes live for seconds or minutes. */
const FLAGS = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-XX:-UsePerfData', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn']

/** Runs a class to its end and returns what it printed to stdout. Throws with the end of what it printed if it fails. */
export async function runJava (options: JavaOptions): Promise<string> {
  const { mainClass, timeout = 120_000 } = options
  try {
    const [command, args] = javaCommand(options)
    const { stdout } = await run(command, args, { timeout, killSignal: 'SIGKILL', maxBuffer: MOST_OUTPUT_BYTES })
    return stdout
  } catch (error) {
    const { killed, stdout = '', stderr = '' } = error as { killed?: boolean, stdout?: string, stderr?: string }
    throw new Error(`${mainClass} ${killed === true ? `did not end within ${timeout} ms` : 'failed'}:\n${lastLines(stdout + stderr)}`, { cause: error })
  }
}

/** Starts a class that stays; both output streams go to the open file `log`. */
export function startJava (options: JavaOptions & { log: number, directory: string }): ChildProcess {
  const [command, args] = javaCommand(options)
  return spawn(command, args, { cwd: options.directory, stdio: ['ignore', options.log, options.log] })
}

/** Version of the installed Java, such as `17.0.15`. Throws when there is none or it is too old for Kafka. */
export async function javaVersion (): Promise<string> {
  const { stdout, stderr } = await run('java', ['-version']).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new Error('java is missing: install the Debian package openjdk-17-jre-headless', { cause: error })
    throw error
  })
  const version = /version "([^"]+)"/.exec(stderr + stdout)?.[1]
  if (version === undefined || parseInt(version) < OLDEST_JAVA) throw new Error(`Kafka needs Java ${OLDEST_JAVA} or newer, found ${version ?? 'an unknown version'}: install the Debian package openjdk-17-jre-headless`)
  return version
}

/** The end of a log or of a process's output, short enough for an error message. */
export function lastLines (text: string): string {
  return text.trimEnd().split('\n').slice(-25).join('\n').slice(-4_000)
}

/** Where Linux can, it ends the process with ours, however ours ends: an `exit` handler does not run in a process that is killed. */
function javaCommand ({ runtime, mainClass, args, flags = [] }: JavaOptions): [string, string[]] {
  const archive = runtime.archive === undefined ? [] : [`-XX:SharedArchiveFile=${runtime.archive}`]
  const all = [...FLAGS, ...archive, ...flags, '-cp', runtime.classPath, mainClass, ...args]
  return existsSync(SETPRIV) ? [SETPRIV, ['--pdeathsig', 'KILL', 'java', ...all]] : ['java', all]
}
