import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findProjectRoot } from '../../api/project-root.ts'
import { writeArchive } from './archive.ts'
import { javaVersion, type KafkaRuntime, lastLines } from './java.ts'
import { withLock } from './lock.ts'

const run = promisify(execFile)
const ROOT = fileURLToPath(findProjectRoot())
const POM = join(ROOT, 'scripts/kafka/pom.xml')

/**
 * The jars of the broker that `pom.xml` names, with an AppCDS archive of them for the installed Java. The first call
 * gets them with Maven into `.cache/kafka/<version>/` (half a minute); processes that want them meanwhile wait for it.
 */
export async function kafkaRuntime (): Promise<KafkaRuntime> {
  const [version, java] = await Promise.all([kafkaVersion(), javaVersion()])
  const folder = join(ROOT, '.cache/kafka', version)
  const libs = join(folder, 'libs')
  const archive = join(folder, `java-${java}.jsa`)
  if (!existsSync(libs) || !existsSync(archive)) {
    await withLock(join(folder, 'lock'), async () => {
      if (!existsSync(libs)) await copyJars(folder, libs)
      if (!existsSync(archive)) await writeArchive({ runtime: { classPath: await classPathOf(libs) }, file: archive })
    })
  }
  return { classPath: await classPathOf(libs), archive }
}

async function kafkaVersion (): Promise<string> {
  const version = /<kafka\.version>(.+)<\/kafka\.version>/.exec(await readFile(POM, 'utf8'))?.[1]
  if (version === undefined) throw new Error(`${POM} names no kafka.version`)
  return version
}

/** `libs` is there either with all its files or not at all. */
async function copyJars (folder: string, libs: string): Promise<void> {
  const temporary = await mkdtemp(join(folder, 'unfinished-'))
  const copied = join(temporary, 'libs')
  try {
    await run('mvn', ['-B', '-q', '-f', POM, 'dependency:copy-dependencies', `-DoutputDirectory=${copied}`, '-DincludeScope=runtime'])
    await rename(copied, libs)
  } catch (error) {
    if (existsSync(libs)) return // a process that also took the lock of a dead one was faster
    const { code, stdout = '', stderr = '' } = error as { code?: string | number, stdout?: string, stderr?: string }
    if (code === 'ENOENT') throw new Error('mvn is missing: install the Debian package maven', { cause: error })
    throw new Error(`Maven could not get the jars of ${POM}:\n${lastLines(stdout + stderr)}`, { cause: error })
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

async function classPathOf (libs: string): Promise<string> {
  const files = (await readdir(libs)).filter(file => file.endsWith('.jar')).sort()
  return files.map(file => join(libs, file)).join(':')
}
