/**
 * What begins the tail of a mail: from there on nobody wrote it for this inquiry. Each must be a line of its own.
 * Greetings and names at the end are left: they are part of the message, and names are redacted.
 */
const TAIL = [
  /^-{2,} ?(?:Ursprüngliche Nachricht|Original[- ]?Nachricht|Weitergeleitete Nachricht|Original Message|Forwarded message) ?-{2,}$/i,
  /^-- ?$/, // the signature separator of RFC 3676
  /^(?:Gesendet von|Von meinem .{2,30} gesendet|Sent from|Sent via|Diese Nachricht wurde von meinem|Get Outlook for|Outlook für (?:iOS|Android)\b)(?! (?:ihnen|you|euch)).{0,60}$/i,
  /^(?:Diese E-?Mail wurde (?:von|auf)\b.{0,40}\bViren\b|This e-?mail has been (?:checked|scanned) for viruses).{0,80}$/i
]

/** What introduces a quotation, on one line or broken into two: a date and who wrote. */
const INTRODUCTION = /^(?:Am|On) .{0,40}\b\d{1,4}\b.{0,80}\b(?:schrieb|wrote)\b.{0,120}:$/i

/** The header of a quoted mail as Outlook writes it: a sender line, and a date or subject line next. */
const QUOTED_HEADER = [/^\*?(?:Von|From):\*? .+/i, /^\*?(?:Gesendet|Datum|An|Sent|Date|To|Betreff|Subject):\*? .+/i] as const
const QUOTED = /^>/

/**
 * Cuts off quoted earlier mails and what mail programs append. Conservative: a tail is cut only when words remain
 * before it, so a forwarded mail without a word of its own stays whole.
 */
export function stripMailTail (text: string): string {
  const lines = text.split('\n')
  const start = lines.findIndex((line, index) => {
    const trimmed = line.trim()
    const next = lines[index + 1]?.trim() ?? ''
    return TAIL.some(pattern => pattern.test(trimmed)) || INTRODUCTION.test(trimmed) || INTRODUCTION.test(`${trimmed} ${next}`) ||
      (QUOTED_HEADER[0].test(trimmed) && QUOTED_HEADER[1].test(next)) ||
      (QUOTED.test(trimmed) && lines.slice(index).every(after => after.trim() === '' || QUOTED.test(after.trim())))
  })
  const own = start < 0 ? lines : lines.slice(0, start)
  return own.some(line => /\p{L}{2}/u.test(line)) ? own.join('\n') : text
}
