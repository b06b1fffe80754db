import { mkdir, readFile, readdir, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { createFileStore } from '../../model-store/backends/file.ts'
import { fetchByAlias, openModelStore } from '../../model-store/open.ts'
import { conformance } from './conformance.ts'
import { writeFakeModel } from './fake-model.ts'

/** `testdir` gives each test one folder, and the suite takes that for its drafts: the store goes beside it. */
async function emptyFolder (t: Test): Promise<string> {
  const folder = `${t.testdirName}-store`
  await mkdir(folder, { recursive: true })
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A store with `fake` in the given versions. */
async function storeWith (t: Test, ...versions: string[]) {
  const root = await emptyFolder(t)
  const draft = t.testdir()
  const store = createFileStore(root)
  for (const version of versions) {
    await writeFakeModel(draft, { version })
    await store.publish(draft)
  }
  return { root, draft, store, lock: join(root, 'fake', '.lock') }
}

t.test('a store in a folder', async t => {
  await conformance(t, async t => {
    const root = await emptyFolder(t)
    return {
      open: () => createFileStore(root),
      async tamper (name, version, file, change) {
        const path = join(root, name, version, file)
        const bytes = change(await readFile(path))
        if (bytes) await writeFile(path, bytes)
        else await rm(path)
      }
    }
  })
})

t.test('orders versions by their numbers, however they came', async t => {
  const { root, store } = await storeWith(t, '1.10.0', '1.2.0', '0.9.9', '1.2.10', '1.2.9')
  await mkdir(join(root, 'fake', '.1.3.0.unfinished'))
  await writeFile(join(root, 'fake', 'notes.txt'), 'a file is no version')
  t.same(await store.versions('fake'), ['0.9.9', '1.2.0', '1.2.9', '1.2.10', '1.10.0'])
})

t.test('keeps what the documentation says, and nothing else', async t => {
  const { root, draft, store } = await storeWith(t, '1.0.0')
  await t.rejects(store.publish(draft), { code: 'ERR_VERSION_EXISTS' })
  await writeFakeModel(draft, { version: '2.0.0' })
  const race = await Promise.allSettled([store.publish(draft), store.publish(draft)])
  t.equal(race.filter(({ status }) => status === 'fulfilled').length, 1)
  await store.setAlias('fake', 'production', '1.0.0', { by: 'test' })
  t.same((await readdir(join(root, 'fake'))).sort(), ['1.0.0', '2.0.0', 'aliases.json', 'promotions.jsonl'], 'no lock and no staging folder stays')
  t.same(JSON.parse(await readFile(join(root, 'fake', 'aliases.json'), 'utf8')), { production: '1.0.0' })
  const log = (await readFile(join(root, 'fake', 'promotions.jsonl'), 'utf8')).split('\n')
  t.equal(log.length, 2)
  t.equal(log[1], '', 'one line a move')
  t.match(JSON.parse(log[0]!), { alias: 'production', from: null, to: '1.0.0', by: 'test' })
})

t.test('leaves nothing behind when the copy fails', async t => {
  const { root, draft, store } = await storeWith(t, '1.0.0')
  await writeFakeModel(draft, { version: '1.1.0' })
  await writeFile(join(root, 'fake', '1.1.0'), 'in the way')
  await t.rejects(store.publish(draft))
  t.same((await readdir(join(root, 'fake'))).sort(), ['1.0.0', '1.1.0'])
  t.same(await store.versions('fake'), ['1.0.0'])
})

t.test('publishes what a link points at, not the link', async t => {
  const { root, draft, store } = await storeWith(t)
  await writeFakeModel(draft)
  const blob = join(root, 'blob')
  await rename(join(draft, 'model.onnx'), blob)
  await symlink(blob, join(draft, 'model.onnx'))
  await store.publish(draft)
  await writeFile(blob, 'changed later')
  await t.resolves(store.fetch('fake', '1.0.0'), 'the published version did not change with it')
})

t.test('touches nothing outside its folder', async t => {
  const { root, store } = await storeWith(t, '1.0.0')
  const inner = createFileStore(join(root, 'inner'))
  for (const name of ['../fake', '..', '/']) {
    await t.rejects(inner.versions(name), { code: 'ERR_MODEL_NOT_FOUND' })
    await t.rejects(inner.aliases(name), { code: 'ERR_MODEL_NOT_FOUND' })
    await t.rejects(inner.resolve(name, 'production'), { code: 'ERR_MODEL_NOT_FOUND' })
    await t.rejects(inner.promotions(name), { code: 'ERR_MODEL_NOT_FOUND' })
    await t.rejects(inner.setAlias(name, 'production', '1.0.0', { by: 'test' }), { code: 'ERR_MODEL_NOT_FOUND' })
  }
  t.same(await readdir(root), ['fake'])
  t.same(await store.aliases('fake'), {})
})

t.test('takes over the lock of a process that died', async t => {
  const { lock, store } = await storeWith(t, '1.0.0', '1.1.0')
  await writeFile(lock, '')
  const old = Date.now() / 1_000 - 31
  await utimes(lock, old, old)
  const moves = await Promise.allSettled(['1.0.0', '1.1.0'].map(version =>
    store.setAlias('fake', 'production', version, { expected: null, by: 'test' })))
  t.same(moves.map(move => move.status).sort(), ['fulfilled', 'rejected'], 'one of two takes it over')
  t.equal((await store.promotions('fake')).length, 1)
  await t.rejects(stat(lock), { code: 'ENOENT' })
})

t.test('waits for the lock of a process that lives', async t => {
  const { lock, store } = await storeWith(t, '1.0.0')
  await writeFile(lock, '')
  const move = store.setAlias('fake', 'production', '1.0.0', { by: 'test' })
  await new Promise(resolve => { setTimeout(resolve, 60) }) // longer than it sleeps between two tries
  t.same(await store.aliases('fake'), {}, 'nothing moves while another holds the lock')
  await rm(lock)
  t.match(await move, { to: '1.0.0' })
})

t.test('gives up on a lock that stays', async t => {
  const { lock, store } = await storeWith(t, '1.0.0')
  await writeFile(lock, '')
  const { now } = Date
  t.teardown(() => { Date.now = now })
  let calls = 0
  Date.now = () => now() + (calls++ ? 6_000 : 0) // six seconds pass after the first look at the clock
  await t.rejects(store.setAlias('fake', 'production', '1.0.0', { by: 'test' }), { code: 'ERR_STORE_LOCKED', message: /\.lock/ })
  Date.now = now
  t.same(await store.aliases('fake'), {})
  t.ok(await stat(lock), 'the lock is the other\'s still')
})

t.test('names the file that it cannot read', async t => {
  const { root, store } = await storeWith(t, '1.0.0')
  await writeFile(join(root, 'fake', 'aliases.json'), '{"production": "1.0.0"')
  await writeFile(join(root, 'fake', 'promotions.jsonl'), '{"alias": "produ')
  await t.rejects(store.resolve('fake', 'production'), { code: 'ERR_MODEL_CORRUPT', message: /aliases\.json/ })
  await t.rejects(store.promotions('fake'), { code: 'ERR_MODEL_CORRUPT', message: /promotions\.jsonl/ })
})

t.test('is opened by URL', async t => {
  const { root, store } = await storeWith(t, '1.0.0')
  await store.setAlias('fake', 'production', '1.0.0', { by: 'test' })
  for (const url of [`file:${root}`, `file:${relative(process.cwd(), root)}`, pathToFileURL(root).href]) {
    t.match(await fetchByAlias(openModelStore(url), 'fake', 'production'), { manifest: { version: '1.0.0' } }, url)
  }
  for (const url of ['http://models', 'model-store/models', 'file:', 'file://', '']) {
    t.throws(() => openModelStore(url), { code: 'ERR_STORE_URL', message: /MODEL_STORE_URL/ }, JSON.stringify(url))
  }
})
