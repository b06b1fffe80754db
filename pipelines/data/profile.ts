import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Example, SPLITS, parseExamples } from './data-set.ts'
import { fold } from './folding.ts'

/** What a data set is like, for comparison with another: counts of labels, lengths and words. */
export interface Profile {
  readonly labels: Map<string, number>
  /** By characters. */
  readonly lengths: Map<number, number>
  readonly words: Map<string, number>
}

/** Rare words are forgotten when there are more, which bounds the memory; only frequent ones are compared. */
const MAX_WORDS = 200_000

export function createProfile (): Profile {
  return { labels: new Map(), lengths: new Map(), words: new Map() }
}

export function addToProfile ({ labels, lengths, words }: Profile, { label, text }: Pick<Example, 'label' | 'text'>): void {
  increase(labels, label)
  increase(lengths, text.length)
  for (const word of fold(text).split(' ')) increase(words, word)
  if (words.size > MAX_WORDS) for (const [word, count] of words) if (count === 1) words.delete(word)
}

/** The profile of a version on disk, all splits together; read line by line. */
export async function readProfile (directory: string): Promise<Profile> {
  const profile = createProfile()
  for (const split of SPLITS) {
    const path = join(directory, `${split}.jsonl`)
    for await (const line of createInterface({ input: createReadStream(path) })) {
      for (const example of parseExamples(line, path)) addToProfile(profile, example)
    }
  }
  return profile
}

function increase<Key> (counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
