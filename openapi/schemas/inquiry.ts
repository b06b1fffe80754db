import Type, { type Static } from 'typebox'
import { named } from '../ref.ts'

/** Longest text and subject accepted, in characters; far above what the model reads (see `truncated`). */
export const MAX_TEXT_LENGTH = 10_000
export const MAX_SUBJECT_LENGTH = 500
export const MAX_ID_LENGTH = 128
export const MAX_BATCH_SIZE = 128

// At least one character that is no white space in any dialect of regular expressions that reads this contract
// (JavaScript counts U+FEFF, Python U+001C to U+001F and U+0085).
const NOT_BLANK = '[^\\s\\u0000-\\u0020\\u0085\\ufeff]'

/** What an inquiry's id may look like. */
export const INQUIRY_ID = { minLength: 1, maxLength: MAX_ID_LENGTH, pattern: '^[A-Za-z0-9._:@/+-]+$' }

/** An inquiry as a caller of the HTTP service sends it. */
export const InquirySchema = named('Inquiry', Type.Object({
  id: Type.Optional(Type.String({ ...INQUIRY_ID, description: 'The caller\'s id of the inquiry, given back in the reply. Made by the service when left out.' })),
  text: Type.String({ minLength: 1, maxLength: MAX_TEXT_LENGTH, pattern: NOT_BLANK, description: 'What the customer wrote, unchanged. Unpaired surrogates are read as U+FFFD.' }),
  subject: Type.Optional(Type.String({ maxLength: MAX_SUBJECT_LENGTH, description: 'The subject line, where the channel has one; read before the text.' })),
  locale: Type.Optional(Type.String({ pattern: '^[a-z]{2,3}(-[A-Z]{2})?$', description: 'Language of the app as in `de-AT`. The model reads every language alike; kept for monitoring.' })),
  topK: Type.Optional(Type.Integer({ minimum: 1, maximum: 50, default: 3, description: 'How many alternatives to return.' }))
}, {
  additionalProperties: false,
  description: 'One customer inquiry.',
  examples: [
    { id: 'a1b2', text: 'Meine Bohrmaschine lädt nicht mehr, welchen Akku brauche ich?' },
    { text: 'Where is my parcel? It should have been here on Friday.', locale: 'en-GB', topK: 5 }
  ]
}))

export type Inquiry = Static<typeof InquirySchema>

/** Several inquiries at once. Each is checked on its own, so that a bad one never fails its neighbours. */
export const InquiryBatchSchema = named('InquiryBatch', Type.Object({
  inquiries: Type.Array(Type.Unknown(), {
    minItems: 1,
    maxItems: MAX_BATCH_SIZE,
    description: 'Each item an `Inquiry`. An item that is none comes back as a `Problem` at its place.'
  })
}, {
  additionalProperties: false,
  description: 'Several inquiries, answered in order.',
  examples: [{
    inquiries: [
      { id: '1', text: 'Habt ihr am Karfreitag offen?' },
      { id: '2', text: 'The tap in my kitchen drips since I changed the cartridge.' }
    ]
  }]
}))

export type InquiryBatch = Static<typeof InquiryBatchSchema>
