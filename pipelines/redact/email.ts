import { type Detector, capture } from './pii.ts'

const WRITTEN = /(?<![\p{L}\p{N}_.%+-])(?<pii>[\p{L}\p{N}_.%+-]{1,64}\s?(?:@|[([{]\s?(?:at|ät)\s?[)\]}])\s?(?:[\p{L}\p{N}-]{1,63}(?:\.|\s?[([{]\s?(?:dot|punkt)\s?[)\]}]\s?)){1,4}\p{L}{2,24})(?![\p{L}\p{N}])/dgiu
/** As speech recognition writes it: "petra punkt huber at gmx punkt de". */
const SPOKEN = /(?<![\p{L}\p{N}])(?<pii>[\p{L}\p{N}]{1,30}(?: (?:punkt|dot|minus|unterstrich|underscore|dash) [\p{L}\p{N}]{1,30}){0,3} (?:at|ät|klammeraffe) [\p{L}\p{N}-]{2,30} (?:punkt|dot) (?:de|com|net|org|at|ch|eu|info|uk|co (?:punkt|dot) uk))(?![\p{L}\p{N}])/dgiu

export const EMAIL_SURROGATE = 'name@example.com'

export const emailDetector: Detector = {
  kind: 'email',
  hint: /@|(?:at|ät|klammeraffe)[ )\]}]/i,
  * find (text) {
    for (const pattern of [WRITTEN, SPOKEN]) {
      for (const { start, end } of capture(text, pattern)) yield { start, end, surrogate: EMAIL_SURROGATE }
    }
  }
}
