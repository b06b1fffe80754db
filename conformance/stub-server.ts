import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Compile } from 'typebox/schema'
import { type Classification, ERRORS, type ErrorCode, type Inquiry, InquiryBatchSchema, InquirySchema, MAX_BATCH_SIZE } from '../openapi/index.ts'
import type { StubBehaviour } from './api.ts'
import { classifyByHash } from './stub-classifier.ts'

/**
 * The stub of the API, a process of its own so that it and the driver do not hold each other up. It obeys the HTTP
 * contract of `POST /classify` and `/classify/batch`, and misbehaves as its parent tells it to.
 */
export type StubMessage = { readonly listen: number } | { readonly behaviour: StubBehaviour } | { readonly count: true }
export type StubReply = { readonly done: true } | { readonly inquiries: number }

interface Reply { readonly status: number, readonly body: unknown }

const KEEP_ALIVE_MS = 60_000

const isInquiry = Compile(InquirySchema)
const isBatch = Compile(InquiryBatchSchema)
let behaviour: StubBehaviour = {}
let inquiries = 0

const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
  answer(request, response).catch(() => response.destroy())
})

process.on('message', (message: StubMessage) => {
  if ('listen' in message) {
    server.listen(message.listen, '127.0.0.1', () => reply({ done: true }))
  } else if ('behaviour' in message) {
    behaviour = message.behaviour
    reply({ done: true })
  } else {
    reply({ inquiries })
  }
})
process.on('disconnect', () => process.exit()) // eslint-disable-line no-restricted-properties -- this file is an entry point

function reply (message: StubReply): void {
  process.send?.(message)
}

async function answer (request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await read(request)
  const { reply = 'answer', latencyMs = 5, spreadMs = 0 } = behaviour
  const { status, body: answered } = reply === 'fail' ? problem('ERR_INTERNAL') : route(request, body)
  if (reply === 'hang') return
  await sleep(latencyMs + Math.random() * spreadMs)
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': status === 200 ? 'application/json' : 'application/problem+json' })
  response.end(JSON.stringify(answered))
}

function route ({ method, url }: IncomingMessage, body: string): Reply {
  if (url !== '/classify' && url !== '/classify/batch') return problem('ERR_NOT_FOUND')
  if (method !== 'POST') return problem('ERR_METHOD_NOT_ALLOWED')
  let input: unknown
  try {
    input = JSON.parse(body)
  } catch {
    return problem('ERR_INVALID_JSON')
  }
  if (url === '/classify') return isInquiry.Check(input) ? { status: 200, body: classify(input as Inquiry) } : problem('ERR_INVALID_REQUEST')
  if (!isBatch.Check(input)) return problem('ERR_INVALID_REQUEST')
  const { inquiries: items } = input as { inquiries: unknown[] }
  if (items.length > MAX_BATCH_SIZE) return problem('ERR_INVALID_REQUEST')
  return { status: 200, body: { results: items.map(item => isInquiry.Check(item) ? classify(item as Inquiry) : problem('ERR_INVALID_REQUEST').body) } }
}

function classify ({ id = 'none', text }: Inquiry): Classification {
  inquiries++
  const { decision, category, confidence, reason } = classifyByHash(text, behaviour.fickle ? inquiries : 0)
  return {
    id,
    decision,
    category,
    confidence,
    margin: confidence / 2,
    reason,
    alternatives: category === null ? [] : [{ category, confidence }],
    model: { name: 'stub', version: '1.0.0' },
    tokens: text.split(' ').length,
    truncated: false
  }
}

function problem (code: ErrorCode): Reply {
  const { status, title } = ERRORS[code]
  return { status, body: { type: 'about:blank', status, title, code } }
}

async function read (request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
