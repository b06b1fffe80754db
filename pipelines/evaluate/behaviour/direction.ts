import type { Manifest } from '../../../model-store/manifest.ts'
import type { Example } from '../../data/data-set.ts'
import type { Answer, BehaviourTest } from './behaviour-test.ts'
import { type Random, createRandom, pick, shuffle } from '../../random.ts'

/** Questions about one's own purchase that say nothing of the article. */
const SERVICE_QUESTIONS: Readonly<Record<string, readonly string[]>> = {
  de: [
    'Wo bleibt meine Bestellung?', 'Wann wird meine Lieferung endlich zugestellt?', 'Außerdem fehlt mir noch die Rechnung zu meinem Einkauf.',
    'Und wann bekomme ich mein Geld für die Rücksendung zurück?', 'Bitte stornieren Sie meine Bestellung von gestern.'
  ],
  en: [
    'Where is my order?', 'When will my delivery finally arrive?', 'I have also never received the invoice for my purchase.',
    'And when do I get my money back for the return?', 'Please cancel the order I placed yesterday.'
  ]
}
/** Articles named in passing. */
const ARTICLES: Readonly<Record<string, readonly string[]>> = {
  de: ['Es geht um eine Bohrmaschine.', 'Es geht um zwei Eimer Wandfarbe.', 'Es geht um einen Waschtisch.', 'Es geht um ein Regal.'],
  en: ['It is about a cordless drill.', 'It is about two tins of wall paint.', 'It is about a wash basin.', 'It is about a shelf.']
}
const CASES = 80

/**
 * The taxonomy's rule, "the service intent wins over the product intent": a service question after a product text
 * takes the greater part of the probability to the service desks, and an article named after a service text does
 * not take it away.
 */
export function directionTests (examples: readonly Example[], labels: Manifest['labels'], seed: number): BehaviourTest[] {
  const groupOf = (id: string) => labels.find(label => label.id === id)?.group
  const serviceWins = (answer: Answer) => {
    const mass = (group: string) => labels.reduce((sum, label) => label.group === group ? sum + answer.probability(label.id) : sum, 0)
    return mass('service') > mass('product')
  }
  const random = createRandom(seed)
  const of = (group: string, additions: typeof ARTICLES) => append(examples.filter(({ label }) => groupOf(label) === group), additions, random)
  return [
    { name: 'service question added', kind: 'direction', cases: of('product', SERVICE_QUESTIONS), holds: serviceWins },
    { name: 'article name added', kind: 'direction', cases: of('service', ARTICLES), holds: serviceWins }
  ]
}

function append (examples: readonly Example[], additions: typeof ARTICLES, random: Random): BehaviourTest['cases'] {
  return shuffle(examples.filter(({ language }) => language in additions), random).slice(0, CASES).map(({ id, text, label, language }) =>
    ({ id, text: `${text} ${pick(additions[language]!, random)}`, original: text, truth: label }))
}
