import { randomUUID } from 'node:crypto'
import { readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Manifest } from '../../model-store/manifest.ts'
import type { ModelStore } from '../../model-store/store.ts'
import type { Failure } from './failing-proxy.ts'
import { type FakeModelOptions, writeFakeModel } from './fake-model.ts'

/** A store of the backend under test, without the models that the suite asks for. */
export interface StoreUnderTest {
  /** Opens it; every call gives another client, as another process would be. */
  open(): ModelStore
  /** For stores with a server: a client whose server falls silent, see `FailingProxy`. */
  openThroughFailure?(failure: Failure): Promise<ModelStore>
  /** For stores that lock: makes the lock that a client has left behind look as old as it must be to be taken over. */
  ageLock?(name: string): Promise<void>
  /** Changes a file of a published version behind the store's back; without bytes the file goes. */
  tamper(name: string, version: string, file: string, change: (bytes: Buffer) => Buffer | undefined): Promise<void>
}

/** Of the requests that publishing takes, every which one is cut off. */
const PUBLISH_STRIDE = 4

type CreateStore = (t: Test) => Promise<StoreUnderTest>

const UNSAFE_NAMES = ['', '.', '..', '../fake', 'a/b', 'a\\b', '.hidden', '/etc', 'a\0b', 'a b', 'x'.repeat(101)]

/** Manifests that match the schema or nearly do, and what the message must name. */
const WRONG_MANIFESTS: ReadonlyArray<readonly [string, (manifest: Manifest) => unknown, RegExp]> = [
  ['another schema version', manifest => ({ ...manifest, schemaVersion: 2 }), /\/schemaVersion/],
  ['no labels', ({ labels, ...rest }) => rest, /labels/],
  ['an unknown field', manifest => ({ ...manifest, surprise: 1 }), /surprise|additional/],
  ['a version that is a path', manifest => ({ ...manifest, version: '../1' }), /\/version/],
  ['a name that is a path', manifest => ({ ...manifest, name: 'a/b' }), /\/name/],
  ['a file outside the folder', manifest => ({ ...manifest, files: [{ ...manifest.files[0], path: '../model.onnx' }] }), /\/files\/0\/path/],
  ['a hash that is none', manifest => ({ ...manifest, files: [{ ...manifest.files[0], sha256: 'abc' }] }), /\/files\/0\/sha256/],
  ['a threshold above 1', manifest => ({ ...manifest, thresholds: { ...manifest.thresholds, default: 1.5 } }), /\/thresholds\/default/],
  ['a temperature of 0', manifest => ({ ...manifest, calibration: { temperature: 0 } }), /\/calibration\/temperature/],
  ['a label that is no class', manifest => ({ ...manifest, classes: ['red', 'green', 'none'] }), /label blue/],
  ['a class twice', manifest => ({ ...manifest, classes: ['red', 'blue', 'none', 'red'] }), /class is listed twice/],
  ['a class that is nothing', manifest => ({ ...manifest, classes: ['red', 'blue', 'none', 'green'] }), /neither a label nor/],
  ['a threshold of no class', manifest => ({ ...manifest, thresholds: { ...manifest.thresholds, perClass: { green: 0.5 } } }), /unknown class green/],
  ['more head than maximum', manifest => ({ ...manifest, input: { ...manifest.input, headTokens: 33 } }), /headTokens/],
  ['an embedding without head', manifest => ({ ...manifest, files: manifest.files.filter(file => file.path !== 'head.json') }), /head\.json/],
  ['no tokenizer', manifest => ({ ...manifest, files: manifest.files.filter(file => file.path !== 'tokenizer.json') }), /tokenizer\.json/]
]

/** What every backend of the model store must do. Each test has models of its own: the stores may lie on one server. */
export async function conformance (t: Test, createStore: CreateStore): Promise<void> {
  /** A fresh store, one client of it, and how to publish. */
  async function setUp (t: Test) {
    const underTest = await createStore(t)
    const name = `fake-${randomUUID().slice(0, 8)}`
    const other = name.replace('fake', 'other')
    const drafts = t.testdir()
    let count = 0
    const draft = async (options: FakeModelOptions = {}) => {
      const directory = join(drafts, `draft-${count++}`)
      return { directory, manifest: await writeFakeModel(directory, { name, ...options }) }
    }
    const store = underTest.open()
    const publish = async (options?: FakeModelOptions) => await store.publish((await draft(options)).directory)
    return { underTest, name, other, store, draft, publish }
  }

  await t.test('knows nothing of a model that was never published', async t => {
    const { name, store } = await setUp(t)
    t.same(await store.versions(name), [])
    t.same(await store.aliases(name), {})
    t.same(await store.promotions(name), [])
    await t.rejects(store.fetch(name, '1.0.0'), { code: 'ERR_MODEL_NOT_FOUND', message: new RegExp(`1\\.0\\.0 of ${name}`) })
    await t.rejects(store.resolve(name, 'production'), { code: 'ERR_ALIAS_NOT_FOUND', message: /production/ })
  })

  await t.test('gives back what was published, byte for byte', async t => {
    const { name, underTest, store, draft } = await setUp(t)
    const { directory, manifest } = await draft()
    t.same(await store.publish(directory), manifest)
    const fetched = await underTest.open().fetch(name, '1.0.0')
    t.same(fetched.manifest, manifest)
    for (const file of ['manifest.json', ...manifest.files.map(({ path }) => path)]) {
      t.ok((await readFile(join(fetched.directory, file))).equals(await readFile(join(directory, file))), `${file} is the same`)
    }
  })

  await t.test('does not need the published folder any more', async t => {
    const { name, underTest, store, draft } = await setUp(t)
    const { directory, manifest } = await draft()
    await store.publish(directory)
    await rm(directory, { recursive: true })
    t.same((await underTest.open().fetch(name, '1.0.0')).manifest, manifest)
  })

  await t.test('lists versions oldest first, and each model\'s own', async t => {
    const { name, other, store, publish } = await setUp(t)
    for (const version of ['1.2.0', '1.9.0', '1.10.0']) await publish({ version })
    await publish({ name: other, version: '0.1.0' })
    t.same(await store.versions(name), ['1.2.0', '1.9.0', '1.10.0'])
    t.same(await store.versions(other), ['0.1.0'])
    await t.rejects(store.fetch(other, '1.2.0'), { code: 'ERR_MODEL_NOT_FOUND' })
  })

  await t.test('never changes a published version', async t => {
    const { name, underTest, publish } = await setUp(t)
    await publish({ mark: 'first' })
    await t.rejects(publish({ mark: 'second' }), { code: 'ERR_VERSION_EXISTS', message: new RegExp(`${name} 1\\.0\\.0`) })
    const { directory } = await underTest.open().fetch(name, '1.0.0')
    t.match(await readFile(join(directory, 'head.json'), 'utf8'), 'first')
  })

  await t.test('lets one of several publishers of the same version win', async t => {
    const { name, underTest, draft } = await setUp(t)
    const drafts = await Promise.all(['a', 'b', 'c', 'd'].map(mark => draft({ mark })))
    const results = await Promise.allSettled(drafts.map(({ directory }) => underTest.open().publish(directory)))
    const winners = results.flatMap((result, index) => result.status === 'fulfilled' ? [index] : [])
    t.equal(winners.length, 1)
    for (const result of results) {
      if (result.status === 'rejected') t.match(result.reason, { code: 'ERR_VERSION_EXISTS' })
    }
    const { manifest } = await underTest.open().fetch(name, '1.0.0')
    t.same(manifest, drafts[winners[0]!]!.manifest, 'the store has all of the winner and nothing of the others')
  })

  await t.test('publishes nothing of a folder that is incomplete', async t => {
    const { name, store, draft } = await setUp(t)
    const damages: ReadonlyArray<readonly [string, (directory: string) => Promise<void>, RegExp]> = [
      ['a file is missing', directory => rm(join(directory, 'head.json')), /head\.json is missing/],
      ['a file is cut off', directory => truncate(join(directory, 'model.onnx'), 99_999), /model\.onnx has 99999 bytes.*100000/],
      ['a byte is flipped', directory => changeFile(join(directory, 'model.onnx'), flipLastByte), /model\.onnx has SHA-256/],
      ['there is no manifest', directory => rm(join(directory, 'manifest.json')), /manifest\.json is missing/]
    ]
    for (const [what, damage, message] of damages) {
      const { directory } = await draft()
      await damage(directory)
      await t.rejects(store.publish(directory), { code: 'ERR_MODEL_CORRUPT', message }, what)
    }
    t.same(await store.versions(name), [])
  })

  await t.test('refuses a manifest that is invalid or contradicts itself, and says where', async t => {
    const { name, store, draft } = await setUp(t)
    for (const [what, change, message] of WRONG_MANIFESTS) {
      const { directory } = await draft({ change })
      await t.rejects(store.publish(directory), { code: 'ERR_MANIFEST_INVALID', message }, what)
    }
    const { directory } = await draft()
    await writeFile(join(directory, 'manifest.json'), '{"schemaVersion": 1,')
    await t.rejects(store.publish(directory), { code: 'ERR_MANIFEST_INVALID', message: /manifest\.json is not valid JSON/ })
    t.same(await store.versions(name), [])
  })

  await t.test('gives out no version that was damaged', async t => {
    const damages: ReadonlyArray<readonly [string, string, (bytes: Buffer) => Buffer | undefined, { code: string, message: RegExp }]> = [
      ['a byte is flipped', 'model.onnx', flipLastByte, { code: 'ERR_MODEL_CORRUPT', message: /model\.onnx/ }],
      ['a file is cut off', 'model.onnx', bytes => bytes.subarray(0, 50_000), { code: 'ERR_MODEL_CORRUPT', message: /model\.onnx/ }],
      ['a file is missing', 'tokenizer.json', () => undefined, { code: 'ERR_MODEL_CORRUPT', message: /tokenizer\.json/ }],
      ['the manifest is missing', 'manifest.json', () => undefined, { code: 'ERR_MODEL_CORRUPT', message: /manifest\.json/ }],
      ['the manifest is no JSON', 'manifest.json', () => Buffer.from('oops'), { code: 'ERR_MANIFEST_INVALID', message: /manifest\.json/ }],
      ['the manifest lacks a field', 'manifest.json', editManifest(({ licence, ...rest }) => rest), { code: 'ERR_MANIFEST_INVALID', message: /licence/ }],
      ['the manifest is of another version', 'manifest.json', editManifest(manifest => ({ ...manifest, version: '2.0.0' })), { code: 'ERR_MODEL_CORRUPT', message: /fake-\w+ 2\.0\.0/ }],
      ['the manifest is of another model', 'manifest.json', editManifest(manifest => ({ ...manifest, name: 'other' })), { code: 'ERR_MODEL_CORRUPT', message: /other 1\.0\.0/ }]
    ]
    for (const [what, file, change, error] of damages) {
      await t.test(what, async t => {
        const { name, underTest, publish } = await setUp(t)
        await publish()
        await underTest.tamper(name, '1.0.0', file, change)
        await t.rejects(underTest.open().fetch(name, '1.0.0'), error)
      })
    }
  })

  await t.test('takes no path for a name', async t => {
    const { name, store, publish } = await setUp(t)
    await publish()
    for (const unsafe of UNSAFE_NAMES) {
      const what = JSON.stringify(unsafe).slice(0, 20)
      await t.rejects(store.fetch(unsafe, '1.0.0'), { code: 'ERR_MODEL_NOT_FOUND' }, `model ${what}`)
      await t.rejects(store.fetch(name, unsafe), { code: 'ERR_MODEL_NOT_FOUND' }, `version ${what}`)
      await t.rejects(store.setAlias(name, unsafe, '1.0.0', { by: 'test' }), { code: 'ERR_MODEL_NOT_FOUND' }, `alias ${what}`)
    }
    t.same(await store.aliases(name), {})
  })

  await t.test('moves an alias and logs each move', async t => {
    const { name, underTest, store, publish } = await setUp(t)
    await publish({ version: '1.0.0' })
    await publish({ version: '1.1.0' })
    const before = Date.now()
    const first = await store.setAlias(name, 'production', '1.0.0', { expected: null, by: 'anna' })
    const second = await store.setAlias(name, 'production', '1.1.0', { expected: '1.0.0', gateReport: 'b'.repeat(64), by: 'ben' })
    const third = await store.setAlias(name, 'previous', '1.0.0', { by: 'ben' })
    t.match(first, { alias: 'production', from: null, to: '1.0.0', gateReport: null, by: 'anna' })
    t.match(second, { alias: 'production', from: '1.0.0', to: '1.1.0', gateReport: 'b'.repeat(64), by: 'ben' })
    t.match(third, { alias: 'previous', from: null, to: '1.0.0', by: 'ben' })
    t.equal(new Date(first.at).toISOString(), first.at)
    t.ok(Date.parse(first.at) >= before && Date.parse(third.at) <= Date.now(), 'the log has the time of the move')

    const reader = underTest.open()
    t.same(await reader.promotions(name), [first, second, third], 'the log is what the moves answered, oldest first')
    t.same(await reader.aliases(name), { production: '1.1.0', previous: '1.0.0' })
    t.equal(await reader.resolve(name, 'production'), '1.1.0')
    t.equal(await reader.resolve(name, 'previous'), '1.0.0')
  })

  await t.test('has no aliases but those that were set', async t => {
    const { name, store, publish } = await setUp(t)
    await publish()
    for (const inherited of ['constructor', 'toString', '__proto__']) {
      await t.rejects(store.resolve(name, inherited), { code: 'ERR_ALIAS_NOT_FOUND' }, inherited)
    }
    t.match(await store.setAlias(name, 'constructor', '1.0.0', { expected: null, by: 'test' }), { from: null })
    t.equal(await store.resolve(name, 'constructor'), '1.0.0')
  })

  await t.test('points no alias at a version that is not there', async t => {
    const { name, store, publish } = await setUp(t)
    await publish()
    await t.rejects(store.setAlias(name, 'production', '9.9.9', { by: 'test' }), { code: 'ERR_MODEL_NOT_FOUND', message: /9\.9\.9/ })
    t.same(await store.aliases(name), {})
    t.same(await store.promotions(name), [])
  })

  await t.test('refuses a move when the alias is not where it was expected', async t => {
    const { name, store, publish } = await setUp(t)
    await publish({ version: '1.0.0' })
    await publish({ version: '1.1.0' })
    await t.rejects(store.setAlias(name, 'production', '1.0.0', { expected: '1.1.0', by: 'test' }), { code: 'ERR_ALIAS_CONFLICT' }, 'it does not exist')
    await store.setAlias(name, 'production', '1.0.0', { by: 'test' })
    await t.rejects(store.setAlias(name, 'production', '1.1.0', { expected: '1.1.0', by: 'test' }), { code: 'ERR_ALIAS_CONFLICT', message: /production.*1\.0\.0.*1\.1\.0/ }, 'it is elsewhere')
    await t.rejects(store.setAlias(name, 'production', '1.1.0', { expected: null, by: 'test' }), { code: 'ERR_ALIAS_CONFLICT' }, 'it exists')
    t.equal(await store.resolve(name, 'production'), '1.0.0')
    t.equal((await store.promotions(name)).length, 1)
  })

  await t.test('lets one of several promotions from the same state win', async t => {
    const { name, underTest, store, publish } = await setUp(t)
    const candidates = ['1.1.0', '1.2.0', '1.3.0', '1.4.0']
    for (const version of ['1.0.0', ...candidates]) await publish({ version })
    await store.setAlias(name, 'production', '1.0.0', { by: 'test' })
    const moves = await Promise.allSettled(candidates.map(version =>
      underTest.open().setAlias(name, 'production', version, { expected: '1.0.0', by: version })))
    const won = moves.flatMap(move => move.status === 'fulfilled' ? [move.value] : [])
    t.equal(won.length, 1)
    for (const move of moves) {
      if (move.status === 'rejected') t.match(move.reason, { code: 'ERR_ALIAS_CONFLICT' })
    }
    t.equal(await store.resolve(name, 'production'), won[0]!.to)
    t.same((await store.promotions(name)).slice(1), won, 'the log has the move that won and no other')
  })

  await t.test('loses no alias when several move at once', async t => {
    const { name, underTest, store, publish } = await setUp(t)
    await publish()
    const names = Array.from({ length: 6 }, (_, index) => `alias-${index}`)
    await Promise.all(names.map(alias => underTest.open().setAlias(name, alias, '1.0.0', { by: 'test' })))
    t.same(await store.aliases(name), Object.fromEntries(names.map(alias => [alias, '1.0.0'])))
    t.same((await store.promotions(name)).map(({ alias }) => alias).sort(), names)
  })

  await t.test('goes on after a publication that was cut off, wherever that was', async t => {
    const { name, underTest, store, draft } = await setUp(t)
    if (!underTest.openThroughFailure) return
    const published: string[] = []
    for (const lost of ['request', 'answer'] as const) {
      for (let requests = 0; ; requests += PUBLISH_STRIDE) {
        const version = `1.${published.length}.0`
        const { directory, manifest } = await draft({ version })
        const failure = await (await underTest.openThroughFailure({ requests, lost })).publish(directory).then(() => undefined, error => error)
        const isThere = (await store.versions(name)).includes(version)
        published.push(version)
        if (!failure) {
          t.ok(isThere, `with ${requests} requests it is published`)
          t.ok(requests > PUBLISH_STRIDE, 'and was cut off with fewer')
          break
        }
        t.equal(failure.code, 'ERR_STORE_UNAVAILABLE', `${lost} ${requests} was lost: ${failure.message}`)
        if (isThere) await t.rejects(store.publish(directory), { code: 'ERR_VERSION_EXISTS' }, 'only the last answer was lost')
        else t.same(await store.publish(directory), manifest, 'the same again goes through')
        t.same((await underTest.open().fetch(name, version)).manifest, manifest)
        t.same(await store.versions(name), published)
      }
    }
  })

  await t.test('logs a move that was cut off if it was made, and only then', async t => {
    const { name, underTest, store, publish } = await setUp(t)
    if (!underTest.openThroughFailure) return
    for (const version of ['1.0.0', '2.0.0']) await publish({ version })
    await store.setAlias(name, 'production', '1.0.0', { by: 'test' })
    for (const lost of ['request', 'answer'] as const) {
      for (let requests = 0; ; requests++) {
        const before = await store.resolve(name, 'production')
        const to = before === '1.0.0' ? '2.0.0' : '1.0.0'
        const failure = await (await underTest.openThroughFailure({ requests, lost })).setAlias(name, 'production', to, { by: `${lost} ${requests}` }).then(() => undefined, error => error)
        if (!failure) {
          t.ok(requests > 1, `${requests} requests are enough`)
          break
        }
        t.equal(failure.code, 'ERR_STORE_UNAVAILABLE', `${lost} ${requests} was lost: ${failure.message}`)
        const after = await store.resolve(name, 'production')
        await underTest.ageLock?.(name)
        await store.setAlias(name, 'other', '1.0.0', { by: 'the next' })
        const log = (await store.promotions(name)).filter(({ alias }) => alias === 'production')
        t.equal(log.at(-1)?.to, after, 'the log ends where the alias is')
        t.equal(log.filter(({ by }) => by === `${lost} ${requests}`).length, after === to ? 1 : 0, after === to ? 'it was made' : 'it was not made')
        t.same(log.slice(1).map(({ from }) => from), log.slice(0, -1).map(({ to }) => to), 'each move begins where the one before ended')
      }
    }
  })
}

function flipLastByte (bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes)
  changed[changed.length - 1]! ^= 1
  return changed
}

function editManifest (change: (manifest: Manifest) => unknown) {
  return (bytes: Buffer): Buffer => Buffer.from(JSON.stringify(change(JSON.parse(bytes.toString()))))
}

async function changeFile (path: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  await writeFile(path, change(await readFile(path)))
}
