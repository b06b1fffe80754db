import t from 'tap'
import { checkDataSet, checkedFrom } from '../../pipelines/data/checks.ts'
import { OUT_OF_SCOPE, SPLITS, readDataSet } from '../../pipelines/data/data-set.ts'
import { readLimits } from '../../pipelines/data/limits.ts'
import { readTaxonomy } from '../../pipelines/data/taxonomy.ts'

const taxonomy = await readTaxonomy('data/taxonomy.json')
const labels = taxonomy.labels.map(({ id }) => id)
const limits = await readLimits('data/inquiries/limits.json')
const { splits, description } = await readDataSet('data/inquiries/1.0.0')

t.test('every version passes the data tests: labels, counts, duplicates, no paraphrase across splits', async t => {
  for (const version of ['1.0.0', '1.1.0', '1.2.0', '1.3.0']) {
    t.strictSame(checkDataSet(checkedFrom(await readDataSet(`data/inquiries/${version}`), labels), limits).filter(({ passed }) => !passed), [], version)
  }
})

t.test('has both languages and out-of-scope texts in every split', async t => {
  for (const split of SPLITS) {
    for (const language of ['de', 'en']) {
      t.ok(splits[split].some(example => example.language === language && example.label === OUT_OF_SCOPE), `${split} ${language}`)
    }
    t.equal(splits[split].length, description.files[split]?.examples, `${split} has as many examples as described`)
  }
})

t.test('has texts as real people write: short and long, dialects, dictation, typos', async t => {
  const styles = new Set(splits.train.map(({ style }) => style))
  for (const style of ['short', 'long', 'mail', 'typos', 'no_umlauts', 'dialect_at', 'dialect_ch', 'dialect_by', 'dialect_north', 'voice', 'angry', 'implicit', 'hard', 'two_intents']) {
    t.ok(styles.has(style), style)
  }
  const words = splits.train.map(({ text }) => text.split(/\s+/).length)
  t.ok(words.filter(count => count <= 4).length > 50, 'short ones')
  t.ok(words.filter(count => count >= 60).length > 100, 'long ones')
})

t.test('openings vary: no two words begin more than one text in fifty', async t => {
  const openings = new Map<string, number>()
  for (const { text } of splits.train) {
    const opening = text.toLowerCase().split(/\s+/).slice(0, 2).join(' ')
    openings.set(opening, (openings.get(opening) ?? 0) + 1)
  }
  const [mostUsed, count] = [...openings].reduce((most, entry) => entry[1] > most[1] ? entry : most)
  t.ok(count <= splits.train.length / 50, `"${mostUsed}" begins ${count} texts`)
})
