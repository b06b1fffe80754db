import { stripHtml } from './html.ts'
import { stripMailTail } from './mail.ts'

/** Control characters but tab and line feed; soft hyphens, zero-width and direction marks, byte-order marks. */
// eslint-disable-next-line no-control-regex -- these are what is looked for
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu

/** Joins pictures to one, as in families; elsewhere it is invisible. */
const STRAY_JOINER = /(?<!\p{Extended_Pictographic}\ufe0f?|\p{Emoji_Modifier})\u200d/gu

/**
 * The text of an inquiry as a model should read it: composed (NFC), without invisible characters, HTML, quoted earlier
 * mails and what mail programs append, and with plain white space. What a customer wrote stays as it was written.
 * @param subject read before the text, as the service does it
 * @returns empty when nothing is left
 */
export function cleanInquiry (text: string, subject = ''): string {
  const body = normalizeSpace(stripMailTail(cleanCharacters(text)))
  const line = normalizeSpace(cleanCharacters(subject)).replaceAll('\n', ' ')
  return line && body ? `${line}\n${body}` : line || body
}

function cleanCharacters (text: string): string {
  return stripHtml(text.toWellFormed()).normalize('NFC').replace(/\r\n?|\u2028|\u2029/g, '\n').replace(INVISIBLE, '').replace(STRAY_JOINER, '')
}

function normalizeSpace (text: string): string {
  return text.replace(/[^\S\n]+/gu, ' ').replace(/ ?\n ?/g, '\n').replace(/\n{3,}/g, '\n\n').trim()
}
