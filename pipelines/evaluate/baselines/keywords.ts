import type { Manifest } from '../../../model-store/manifest.ts'
import { type TextClassifier, wordsOf } from './text-classifier.ts'

/** Words of a description that say nothing of the label. */
const STOP_WORDS = new Set('about after before does from have here into like that the their them this what when where which with your und oder eine einen der die das für mit von'.split(' '))
/** Words are the same when they begin alike: a crude stem. */
const STEM = 5
const SHORTEST = 3

/**
 * What could be had without training: a text gets the label with most of its keywords, which are the words of the
 * label's names and description; a keyword of several labels counts less.
 * @param fallback for texts with no keyword
 */
export function keywordClassifier (labels: Manifest['labels'], fallback: TextClassifier): TextClassifier {
  const labelsByStem = new Map<string, Set<string>>()
  for (const { id, names, description } of labels) {
    for (const stem of stemsOf([...Object.values(names), description].join(' '))) {
      labelsByStem.set(stem, (labelsByStem.get(stem) ?? new Set()).add(id))
    }
  }
  return text => {
    const scores = new Map<string, number>()
    for (const stem of stemsOf(text)) {
      const owners = labelsByStem.get(stem) ?? []
      for (const id of owners) scores.set(id, (scores.get(id) ?? 0) + 1 / labelsByStem.get(stem)!.size)
    }
    const best = Math.max(...scores.values())
    return [...scores].find(([, score]) => score === best)?.[0] ?? fallback(text)
  }
}

function stemsOf (text: string): Set<string> {
  return new Set(wordsOf(text).filter(word => word.length >= SHORTEST && !STOP_WORDS.has(word)).map(word => word.slice(0, STEM)))
}
