/** Text that is HTML already. */
export class Markup {
  readonly text: string

  constructor (text: string) {
    this.text = text
  }

  toString (): string {
    return this.text
  }
}

export type Part = Markup | string | number | undefined | readonly Part[]

/** HTML by a template: what is put in is escaped, unless it is `Markup`; of a list every part is put in. */
export function html (strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.reduce((text, string, index) => text + toText(parts[index - 1]) + string))
}

function toText (part: Part): string {
  if (part === undefined) return ''
  if (Array.isArray(part)) return part.map(toText).join('')
  return part instanceof Markup ? part.text : escape(String(part))
}

function escape (text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
