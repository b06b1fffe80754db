import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import t from 'tap'

/** What is true of the repository as a whole: its documents, its size, its licences, where its packages come from. */
const MEGABYTE = 1e6
const MOST_BYTES = 60 * MEGABYTE
/** Three encoders: of the version in production, of the one before, and the frozen one from which both were made. */
const MOST_MODEL_STORE_BYTES = 130 * MEGABYTE
/** What commands write where they are told to, or a reader brings. */
const WRITTEN = /(^|\/)(data\/inquiries\/1\.4\.0|logits_parity\.json|evaluation\.(json|html)|gate\.json|run\.json|export\.json|checks\.json|parameters\.json|fused\.(onnx|json)|labelled\.jsonl|messages\.jsonl|recipe\.json|floors\.json|mine\.json)$/

/** Written in parts, so that this file is not the one that names them. */
const REGISTRY_HOSTS = [
  ['registry', 'npmjs', 'org'], ['registry', 'yarnpkg', 'com'], ['pypi', 'org'], ['files', 'pythonhosted', 'org'], ['docker', 'io'], ['ghcr', 'io'],
  ['quay', 'io'], ['gcr', 'io'], ['mcr', 'microsoft', 'com'], ['public', 'ecr', 'aws'], ['registry', 'gitlab', 'com'], ['deb', 'debian', 'org'],
  ['repo1', 'maven', 'org'], ['repo', 'maven', 'apache', 'org'], ['proxy', 'golang', 'org'], ['static', 'crates', 'io'], ['index', 'crates', 'io']
].map(parts => parts.join('.'))

/** Committed, or about to be. */
const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8', maxBuffer: 16 * MEGABYTE })
  .split('\0').filter(file => statSync(file, { throwIfNoEntry: false })?.isFile())
const folders = new Set(files.filter(file => file.includes('/')).map(file => file.split('/')[0]!))
const documents = files.filter(file => file.endsWith('.md') && !file.startsWith('model-store/models/'))
const scripts: Record<string, string> = JSON.parse(read('package.json')).scripts

t.test('every link in a document leads to a file', async t => {
  const links = documents.flatMap(document => linksIn(document).map(target => ({ document, target })))
  t.ok(links.length >= 20, `${links.length} links`)
  t.strictSame(links.filter(({ document, target }) => !existsSync(join(dirname(document), target))), [])
})

t.test('every path that a document names exists', async t => {
  const paths = documents.flatMap(document => pathsIn(read(document)).map(path => ({ document, path })))
  t.ok(paths.length >= 50, `${paths.length} paths`)
  t.strictSame(paths.filter(({ document, path }) => !isThere(path, dirname(document))), [])
})

t.test('finds paths that are not there', async t => {
  const text = 'See `api/gone.ts`, `gone.md`, `/classify`, `text/plain` and `docs/<page>/`.\n```text\nthere/gone.py  explained\n```\n```json\n["nor/this.ts"]\n```\n'
  t.strictSame(pathsIn(text), ['there/gone.py', 'api/gone.ts', 'gone.md', 'docs/*/'])
  t.strictSame(['api/gone.ts', 'gone.md', 'there/gone.py', 'scripts/*/gone'].filter(path => isThere(path, '.')), [])
  t.ok(['api/app.ts', 'app.ts', 'api/', 'dist/api/app.js', 'model-store/models/*/*/manifest.json'].every(path => isThere(path, '.')))
})

t.test('every npm script that a document names exists', async t => {
  const named = documents.flatMap(document => scriptsIn(read(document)).map(script => ({ document, script })))
  t.ok(named.length >= 10, `${named.length} scripts`)
  t.strictSame(named.filter(({ script }) => scripts[script] === undefined), [])
  t.strictSame(scriptsIn('npm ci && npm test, `npm run --silent build`, npm start'), ['test', 'build', 'start'])
})

t.test('what code and configuration say about documents is true', async t => {
  const mentions = files.filter(file => /(\.(ts|js|py|ya?ml)|rc|ignore|Dockerfile|\.ci\/run)$/.test(file))
    .flatMap(file => [...read(file).matchAll(/(?<![\w/])docs\/[\w/.-]*\w/g)].map(([path]) => ({ file, path })))
    .filter(({ file }) => file !== 'test/repository.test.ts')
  t.ok(mentions.length >= 5, `${mentions.length} mentions`)
  t.strictSame(mentions.filter(({ path }) => !files.some(file => file.startsWith(path))), [])
})

t.test('each decision is one page, numbered and in the index', async t => {
  const pages = files.filter(file => /^docs\/decisions\/\d{4}-.*\.md$/.test(file)).sort()
  const index = linksIn('docs/decisions/README.md').map(target => join('docs/decisions', target))
  t.strictSame(index, pages)
  t.strictSame(pages.map(page => Number(page.slice('docs/decisions/'.length).slice(0, 4))), pages.map((_page, position) => position + 1))
  for (const [position, page] of pages.entries()) t.match(read(page), new RegExp(`^# ${position + 1}\\. `), page)
})

t.test('no file names the host of a registry: whoever installs chooses it', async t => {
  const hosts = new RegExp(REGISTRY_HOSTS.map(host => `(?<![\\w-])${host.replaceAll('.', '\\.')}`).join('|'))
  t.match(`https://${REGISTRY_HOSTS[0]}/fastify`, hosts)
  t.strictSame(files.filter(isText).filter(file => hosts.test(read(file))), [])
})

t.test('the lock file has checksums and no addresses', async t => {
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { resolved?: string, integrity?: string }> }
  const installed = Object.entries(packages).filter(([path]) => path !== '')
  t.ok(installed.length > 100)
  t.strictSame(installed.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path), [])
  t.strictSame(installed.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path), [])
})

t.test('files are small enough to be cloned', async t => {
  t.strictSame(files.filter(file => statSync(file).size >= MOST_BYTES), [])
  // Versions share their encoder, and git keeps equal files once.
  const contents = new Map(files.filter(file => file.startsWith('model-store/')).map(file => [createHash('sha256').update(readFileSync(file)).digest('hex'), statSync(file).size]))
  const modelStore = [...contents.values()].reduce((sum, size) => sum + size, 0)
  t.ok(modelStore > MEGABYTE && modelStore < MOST_MODEL_STORE_BYTES, `model-store has ${(modelStore / MEGABYTE).toFixed(1)} MB`)
})

t.test('licences are there and name what the model is made from', async t => {
  t.match(read('LICENSE'), /^\s*Apache License\s+Version 2\.0/)
  t.match(JSON.parse(read('package.json')), { license: 'Apache-2.0' })
  const notice = read('NOTICE')
  const packages = [...read('pipelines/encoder/packages.py').matchAll(/name="(.+)",\s+version="(.+)"/g)]
  t.equal(packages.length, 2)
  for (const [, name, version] of packages) t.ok(notice.includes(`${name} ${version}`), `${name} ${version}`)
  const models = files.filter(file => /^model-store\/models\/[^/]+\/[^/]+\/model\.onnx$/.test(file))
  t.ok(models.length > 0)
  for (const model of models) t.match(read(join(dirname(model), 'LICENSE')), /MIT License/, model)
})

t.test('the image says the version of the package', async t => {
  t.match(read('Dockerfile'), `ARG VERSION=${JSON.parse(read('package.json')).version}\n`)
})

t.test('the script of the CI can be run', async t => {
  t.ok((statSync('.ci/run').mode & 0o111) === 0o111)
  t.match(read('.gitlab-ci.yml'), /^ +- bash \.ci\/run$/m)
})

function read (file: string): string {
  return readFileSync(file, 'utf8')
}

function isText (file: string): boolean {
  return !readFileSync(file).subarray(0, 8_192).includes(0)
}

/** Targets of links within the repository, relative to the document. */
function linksIn (document: string): string[] {
  return [...read(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!.replace(/#.*$/, '')).filter(target => target !== '' && !/^[a-z]+:/.test(target))
}

/** npm's own commands are no scripts. */
function scriptsIn (text: string): string[] {
  return [...text.matchAll(/\bnpm (?:run (?:--silent )?([\w:-]+)|(test|start)\b)/g)].map(([, script, short]) => (script ?? short)!)
}

/**
 * What looks like a path of this repository in code spans and blocks: its first part is a folder here, or it ends
 * like a source file. `<name>` stands for anything. Routes and places outside are left alone.
 */
function pathsIn (markdown: string): string[] {
  const blocks: string[] = []
  const prose = markdown.replace(/^```(\w*)\n(.*?)^```$/gms, (_whole, language: string, block: string) => {
    if (language !== 'json') blocks.push(block)
    return ''
  })
  const spans = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!)
  return [...blocks, ...spans].flatMap(code => code.split(/[\s"'`|()[\]{},;:=]+/))
    .map(word => word.replace(/<[^>]*>|…/g, '*').replace(/\.+$/, ''))
    .filter(word => /^[\w.*@-]+(\/[\w.*@-]+)*\/?$/.test(word) && !word.startsWith('..') && !word.startsWith('@'))
    .filter(word => /^[\w-][\w.*-]*\.(ts|js|py|md|ya?ml|toml|jsonl?|onnx)$/.test(word.split('/').at(-1)!) || (word.includes('/') && folders.has(word.split('/')[0]!)))
    .filter(word => !/^(node_modules|\.cache)\//.test(word) && !WRITTEN.test(word))
}

/** From the root, from the document, or as the end of any file's path; compiled files by their source. */
function isThere (path: string, folder: string): boolean {
  const source = path.replace(/^dist\/(.*)\.js$/, '$1.ts')
  const pattern = new RegExp(`(^|/)${source.replace(/[.+]/g, '\\$&').replaceAll('*', '[^/]*')}${source.endsWith('/') ? '' : '($|/)'}`)
  const isFolderOfRoot = folders.has(source.split('/')[0]!)
  return existsSync(source) || existsSync(normalize(join(folder, source))) ||
    files.some(file => pattern.test(file) && (!isFolderOfRoot || pattern.exec(file)!.index === 0))
}
