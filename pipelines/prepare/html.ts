/** Tags that mail programs write. Anything else in angle brackets is what the customer wrote. */
const TAGS = 'a|abbr|b|big|blockquote|body|br|center|code|col|div|em|font|footer|form|h[1-6]|head|header|hr|html|i|img|input|label|li|link|meta|ol|option|p|pre|s|section|small|span|strong|sub|sup|table|tbody|td|tfoot|th|thead|title|tr|u|ul|o:p'
const TAG = new RegExp(`</?(?:${TAGS})(?:\\s[^<>]*)?/?>`, 'gi')
const LINE_BREAKING = /<br\s*\/?>|<\/(?:p|div|tr|li|h[1-6]|blockquote|table|ul|ol)\s*>/gi
const NOT_TEXT = /<!--[\s\S]*?-->|<!doctype[^<>]*>|<(style|script|head|title)\b[^<>]*>[\s\S]*?<\/\1\s*>/gi

/** Of the 2,231 names that HTML has, those that German and English mails use. */
const ENTITIES: ReadonlyMap<string, string> = new Map(`amp & lt < gt > quot " apos ' shy \u00ad auml ä ouml ö uuml ü Auml Ä Ouml Ö Uuml Ü szlig ß eacute é egrave è agrave à ccedil ç
  ecirc ê euro € pound £ cent ¢ sect § deg ° sup2 ² sup3 ³ frac12 ½ frac14 ¼ times × micro µ copy © reg ® trade ™ ndash – mdash — hellip … bull • middot · laquo « raquo »
  bdquo „ ldquo “ rdquo ” lsquo ‘ rsquo ’ sbquo ‚ lsaquo ‹ rsaquo ›`.match(/\S+ \S+/g)!.map(entry => entry.split(' ') as [string, string])).set('nbsp', ' ')

/** Takes tags out and entities back; texts without either stay as they are. */
export function stripHtml (text: string): string {
  const hasTags = text.search(TAG) >= 0
  const plain = hasTags ? text.replace(NOT_TEXT, ' ').replace(/\s*\n\s*/g, ' ').replace(LINE_BREAKING, '\n').replace(TAG, '') : text
  return plain.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+\d*));/gi, (entity, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return ENTITIES.get(name) ?? entity
    const point = decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal)
    return point > 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff) ? String.fromCodePoint(point) : entity
  })
}
