/** The committed data set that the default model is made of, and what `prepare` made it with. */
export const DEFAULT_INPUT = 'data/inquiries/1.0.0'
export const DEFAULT_VERSION = '1.1.0'
export const DEFAULT_PREPARE_OPTIONS = [
  '--split', 'given',
  '--limits', 'data/inquiries/limits.json',
  '--licence', 'Apache-2.0',
  '--origin', 'Synthetic: written for this project, text by text, by language-model writers working from a brief (see README.md); no text of a real customer. Names, numbers and addresses of the invented persons are replaced.'
]
