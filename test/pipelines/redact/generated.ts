import { createHash } from 'node:crypto'

export interface Generated {
  readonly pii: string
  /** What a customer writes around it. */
  readonly phrase: string
}

/** Makers of personal data that look as customers write them, the same for each seed. */
export function createGenerators (seed: number): { next: (below: number) => number, generators: Record<string, () => Generated> } {
  let count = 0
  const next = (below: number) => createHash('sha256').update(`${seed}:${count++}`).digest().readUInt32LE() % below
  const pick = <Item>(items: readonly Item[]): Item => items[next(items.length)]!
  const digits = (length: number) => Array.from({ length }, () => next(10)).join('')
  const phrase = (pii: string, before: readonly string[], after: readonly string[] = ['', '.', ', danke', ' bitte', '\nDanke']) => ({ pii, phrase: `${pick(before)}${pii}${pick(after)}` })

  const generators = {
    email: () => phrase(`${pick(['anna', 'j.smith', 'h-maier', 'info', 'Müller_K'])}${digits(next(4))}@${pick(['gmx.de', 'web.de', 'gmail.com', 'bluewin.ch', 'mail.firma.co.uk'])}`, ['Mail: ', 'an ', 'reach me at ', 'Konto ', '(']),
    phone: () => phrase(pick([
      () => `01${5 + next(3)}${next(10)}${pick([' ', '/', '-', ''])}${digits(7)}`,
      () => `0${2 + next(7)}${digits(2)}${pick([' ', '/', '-', ' / '])}${digits(3)} ${digits(4)}`,
      () => `(0${2 + next(7)}${digits(2)}) ${digits(6)}`,
      () => `+49 ${pick(['', '(0)'])}1${5 + next(3)}${next(10)} ${digits(7)}`,
      () => `+43 664 ${digits(7)}`,
      () => `0041 79 ${digits(3)} ${digits(2)} ${digits(2)}`,
      () => `07${digits(3)} ${digits(6)}`,
      () => `+44 20 ${digits(4)} ${digits(4)}`
    ])(), ['Tel. ', 'unter ', 'call me on ', 'Handy: ', 'Nummer ', 'ring ', 'rufen Sie an: ']),
    iban: () => {
      const compact = pick([() => iban('DE', digits(18)), () => iban('AT', digits(16)), () => iban('CH', digits(17)), () => iban('GB', `NWBK${digits(14)}`), () => iban('NL', `ABNA${digits(10)}`)])()
      return phrase(pick([compact, compact.replace(/(.{4})(?=.)/g, '$1 '), compact.toLowerCase()]), ['IBAN ', 'auf ', 'an mein Konto ', 'refund to ', 'account: '])
    },
    card: () => {
      const compact = withLuhn(pick([() => `4${digits(14)}`, () => `5${1 + next(5)}${digits(13)}`, () => `37${digits(12)}`, () => `6011${digits(11)}`])())
      return phrase(pick([compact, compact.replace(/(.{4})(?=.)/g, '$1 '), compact.replace(/(.{4})(?=.)/g, '$1-')]), ['Karte ', 'Visa ', 'charged to ', 'card: ', 'von ', 'Kreditkarte '])
    },
    order_number: () => phrase(pick([
      () => digits(7).replace(/^0/, '4'), () => `${digits(4)}-${digits(5)}`, () => `${pick(['B', 'RV', 'INV', 'OR'])}-${digits(6)}`, () => `${pick(['A', 'BX'])}${digits(6)}`, () => `${digits(2)}-${digits(2)}-${digits(4)}`
    ])(), ['Bestellnummer ', 'Auftragsnr. ', 'Bestell-Nr.: ', 'meine Bestellnummer lautet ', 'order no. ', 'order number is ', 'Order #', 'Auftrag Nr. ', 'invoice number ', 'Rechnungsnummer ']),
    customer_number: () => phrase(pick([() => digits(6), () => `K-${digits(5)}`, () => `${digits(4)} ${digits(4)} ${digits(3)}`])(), ['Kundennummer ', 'Kd.-Nr. ', 'Kundennr: ', 'customer number ', 'Kundenkartennummer ', 'customer no. ', 'membership number ', 'meine Kundennummer ist ']),
    address: () => phrase(pick([
      () => `${pick(['Linden', 'Goethe', 'Haupt', 'Bahnhof', 'Sonnen'])}${pick(['straße', 'str.', 'strasse', 'gasse', 'allee', 'weg'])} ${1 + next(199)}${pick(['', 'a', 'b'])}`,
      () => `${1 + next(199)} ${pick(['Mill', 'Station', 'Victoria', 'Church'])} ${pick(['Lane', 'Road', 'Street', 'Close'])}`,
      () => `D-${1 + next(9)}${digits(4)} ${pick(['Kassel', 'München', 'Fulda', 'Bad Homburg'])}`
    ])(), ['Adresse: ', 'liefern an ', 'wohne ', 'deliver to ', 'neue Anschrift ']),
    name: () => phrase(`${pick(['Petra', 'Yusuf', 'Karl-Heinz', 'John', 'Siobhan', 'Świętosława'])} ${pick(['Huber', 'Meyer-Lang', 'O’Brien', 'Kowalczyk', 'Okafor', 'Übelacker'])}`,
      ['Mein Name ist ', '\nMit freundlichen Grüßen\n', '\nKind regards,\n', 'My name is ', '\nViele Grüße\n', 'Herr ', 'Mrs '], ['', '\n', '.'])
  }
  return { next, generators }
}

/** Adds the check digits of ISO 13616. */
function iban (country: string, account: string): string {
  const digits = [...`${account}${country}00`].map(character => parseInt(character, 36)).join('')
  return `${country}${String(98n - BigInt(digits) % 97n).padStart(2, '0')}${account}`
}

/** Adds Luhn's check digit. */
function withLuhn (number: string): string {
  const sum = [...number].reverse().reduce((total, digit, index) => {
    const weighed = Number(digit) * (index % 2 ? 1 : 2)
    return total + (weighed > 9 ? weighed - 9 : weighed)
  }, 0)
  return `${number}${(10 - sum % 10) % 10}`
}
