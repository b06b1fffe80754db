/** The committed data set that the default model is made of. */
export const DEFAULT_DATA = 'data/inquiries/1.3.0'

/** What `prepare` made it of, and how. */
export const DEFAULT_INPUTS = ['data/inquiries/1.2.0', 'data/inquiries/additions/1.3.0/train.jsonl', 'data/inquiries/additions/1.3.0/test.jsonl']
export const DEFAULT_VERSION = '1.3.0'
export const DEFAULT_PREPARE_OPTIONS = [
  '--split', 'keep',
  '--limits', 'data/inquiries/limits.json',
  '--licence', 'Apache-2.0',
  '--origin', 'Synthetic: written for this project, text by text, by language-model writers working from a brief (see README.md); no text of a real customer. Names, numbers and addresses of the invented persons are replaced.'
]
