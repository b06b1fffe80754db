import { type Random, pick } from '../../random.ts'

/**
 * Writes a text otherwise, so that a person would still send it to the same desk.
 * @returns nothing where the text gives no occasion
 */
export type Perturbation = (text: string, random: Random, language: string) => string | undefined

const LONG_WORD = /\p{L}{4,}/gu
const SENTENCE_MARKS = /[.,!?;:…]+(?=\s|$)/g
const SPELLED_OUT: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue', ß: 'ss', Ä: 'Ae', Ö: 'Oe', Ü: 'Ue' }
const BARE: Readonly<Record<string, string>> = { ä: 'a', ö: 'o', ü: 'u', ß: 's', Ä: 'A', Ö: 'O', Ü: 'U' }

const GREETING = /^\s*(hallo|hi|hey|moin|servus|guten|grü(ß|ss|e)|liebe|sehr geehrte|dear|hello|good (morning|afternoon|evening))/i
const GREETINGS: Readonly<Record<string, readonly string[]>> = {
  de: ['Hallo,\n', 'Guten Tag,\n', 'Sehr geehrte Damen und Herren,\n', 'Moin, ', 'Liebes Team,\n'],
  en: ['Hello,\n', 'Hi there, ', 'Good morning,\n', 'Dear Sir or Madam,\n', 'Dear team,\n']
}
const CLOSINGS: Readonly<Record<string, readonly string[]>> = {
  de: ['\nMit freundlichen Grüßen', '\nViele Grüße', '\nDanke im Voraus!', '\nBeste Grüße aus Kassel', '\nVG'],
  en: ['\nKind regards', '\nMany thanks in advance!', '\nBest wishes', '\nYours faithfully', '\nThanks!']
}

/** One slip of the finger in one word. */
export const typo: Perturbation = (text, random) => {
  const words = [...text.matchAll(LONG_WORD)]
  if (!words.length) return undefined
  const chosen = pick(words, random)
  return text.slice(0, chosen.index) + misspell(chosen[0], random) + text.slice(chosen.index + chosen[0].length)
}

/**
 * A slip of the finger in so many of the longer words.
 * @param share from 0 to 1
 */
export function typoRidden (share: number): Perturbation {
  return (text, random) => text.replaceAll(LONG_WORD, word => random() < share ? misspell(word, random) : word)
}

export const umlautsSpelledOut: Perturbation = text => ifChanged(text, text.replaceAll(/[äöüßÄÖÜ]/g, letter => SPELLED_OUT[letter]!))
export const umlautsBare: Perturbation = text => ifChanged(text, text.replaceAll(/[äöüßÄÖÜ]/g, letter => BARE[letter]!))
export const lowerCase: Perturbation = text => ifChanged(text, text.toLowerCase())
export const capitals: Perturbation = text => ifChanged(text, text.toUpperCase())
export const withoutPunctuation: Perturbation = text => ifChanged(text, text.replaceAll(SENTENCE_MARKS, ''))

/** Each digit another one; a number does not begin with 0 that did not before. */
export const otherNumbers: Perturbation = (text, random) =>
  ifChanged(text, text.replaceAll(/\d+/g, number => number.replaceAll(/\d/g, (digit, index) => {
    const others = [...'0123456789'].filter(other => other !== digit && (other !== '0' || index > 0))
    return pick(others, random)
  })))

export const greeted: Perturbation = (text, random, language) => {
  const greetings = GREETINGS[language]
  return greetings && !GREETING.test(text) ? pick(greetings, random) + text : undefined
}

export const closed: Perturbation = (text, random, language) => {
  const closings = CLOSINGS[language]
  return closings && text.trimEnd() + pick(closings, random)
}

/** Two neighbours change places, a letter is lost, or one comes twice; the first letter stays. */
function misspell (word: string, random: Random): string {
  const at = 1 + Math.floor(random() * (word.length - 2))
  const [before, letter, next, after] = [word.slice(0, at), word[at]!, word[at + 1]!, word.slice(at + 2)]
  return before + pick([next + letter, next, letter + letter + next], random) + after
}

function ifChanged (before: string, after: string): string | undefined {
  return after === before ? undefined : after
}
