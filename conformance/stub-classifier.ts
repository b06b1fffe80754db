import type { Classification } from '../openapi/index.ts'

type StubAnswer = Pick<Classification, 'decision' | 'category' | 'confidence' | 'reason'>

const CATEGORIES = ['delivery', 'returns', 'payment', 'tools', 'garden', 'bathroom', 'paint']
/** One text in so many is not classified, so that the API's own `manual` is seen as well. */
const UNSURE = 10

/** The stub's answer on a text: always the same, so that a decision that belongs to another inquiry shows. */
export function classifyByHash (text: string, salt = 0): StubAnswer {
  let hash = (2166136261 ^ salt) >>> 0 // FNV-1a
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 16777619) >>> 0
  if ((hash >>> 8) % UNSURE === 0) return { decision: 'manual', category: null, confidence: 0.3, reason: 'low_confidence' }
  return { decision: 'classified', category: CATEGORIES[(hash >>> 12) % CATEGORIES.length]!, confidence: 0.9, reason: null }
}
