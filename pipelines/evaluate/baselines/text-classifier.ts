export interface LabelledText {
  readonly text: string
  readonly label: string
}

/** The label of a text. */
export type TextClassifier = (text: string) => string

/** Words in lower case. */
export function wordsOf (text: string): string[] {
  return text.normalize('NFC').toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}
