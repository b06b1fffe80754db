/** What the text could not tell, as ISO 639-2 has it. */
export const UNDETERMINED = 'und'

/** Frequent words of one language that are rare in the other; spelling without umlauts and Bavarian, Austrian and Swiss forms included. */
const WORDS: Readonly<Record<'de' | 'en', ReadonlySet<string>>> = {
  de: new Set(`aber als am auch auf aus bei beim bin bitte bräuchte brauche das dass dem den denn der des die dies diese dieser doch dort du durch
    ein eine einem einen einer eines er es etwas euch euer für fuer ganz gar geht gekauft gern gerne gibt guten habe haben habt hallo hatte hätte haette
    heute hier ich ihr ihre ihrem ihren im ins ist ja jetzt kann kein keine keinen kommt können koennen könnte kriege laut lieber mal man mehr mein
    meine meinem meinen meiner mich mir mit moin möchte moechte muss müssen nach nicht nichts noch nur ob oder ohne passt sagt schon sehr seit sich
    sie sind soll sollte sowie tag trotzdem über ueber um und uns unser unsere unter viel vom von vor wann war warum was weg wegen weil welche welchen welcher
    welches wenn wer werden wie wieder will wir wird wo wollte wurde wäre zu zum zur zwei grüezi servus griaß pfiat ned net nöd ois isch mir hob han
    hets i a wos wia kummt gits no scho grüße gruß danke`.split(/\s+/)),
  en: new Set(`a about after again all am an and any anyone are as at be been before but by can cannot can't could did didn't do does doesn't don't
    for from get got had has have haven't hello help hey how i i'd i'm i've if in into is isn't it it's its just keep know like looking me my need
    no not of off on one only or order our out over please put should since so some still than thanks that the their them then there these they
    this to too two up us use used was wasn't we were what what's when where which who why will with without won't would you your yours`.split(/\s+/))
}

/** Parts of words that tell the two apart; a blank is the border of a word. */
const PARTS: Readonly<Record<'de' | 'en', readonly string[]>> = {
  de: ['ä', 'ö', 'ü', 'ß', 'sch', 'ich', 'cht', 'ein', 'ung', 'eit', 'ier', 'tz', 'pf', 'zw', 'kt ', 'en ', 'em ', 'rn ', ' ge', ' ver', ' be', ' an', ' auf', 'ie', 'ei', 'eu', 'kr', 'kl', ' z', ' k', 'uer', 'aus', 'nd '],
  en: ['th', 'wh', 'ing ', 'tion', 'ould', 'ough', 'ght', 'ed ', 'ly ', 'ck ', 'ea', 'oo', 'ee', 'ou', 'ow', 'oa', 'ai', 'ay', 'y ', 'sh', ' c', ' w', 've ', 'ce ', 'le ', '\'s ', ' re', 'qu', 'll ']
}

/** A whole word says as much as so many of its parts. */
const WORD_WEIGHT = 4

/**
 * Tells German from English by frequent words and parts of words. A text without a sign of either, or with as many of
 * both, is undetermined: nothing is guessed.
 * @returns `de`, `en` or `und`
 */
export function detectLanguage (text: string): string {
  const words = text.toLowerCase().replaceAll('’', "'").match(/[\p{L}']+/gu) ?? []
  const line = ` ${words.join(' ')} `
  const score = (language: 'de' | 'en') => WORD_WEIGHT * words.filter(word => WORDS[language].has(word)).length +
    PARTS[language].reduce((sum, part) => sum + line.split(part).length - 1, 0)
  const [german, english] = [score('de'), score('en')]
  return german === english ? UNDETERMINED : german > english ? 'de' : 'en'
}

/** The language of a locale such as `de-AT`. */
export function languageOf (locale: string): string {
  return locale.trim().toLowerCase().split(/[-_]/)[0]!
}
