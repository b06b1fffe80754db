import { readFile } from 'node:fs/promises'
import kafkajs from 'kafkajs'
import type { AdapterConfig } from '../config.ts'

/** Where tokens come from. */
export interface TokenSource {
  /** @throws an error that kafkajs retries */
  token (): Promise<string>
  /** The last one is of no use: the brokers refuse it. */
  forget (): void
}

/** kafkajs waits 10 s for a connection to be authenticated, the token included. */
const TOKEN_DEADLINE_MS = 5_000

/** How long before its end a token is no longer used: longer than the 10 s before its end at which kafkajs authenticates again. */
const RENEW_BEFORE_MS = 30_000

/** Tokens from a file, read anew for each connection, or from an endpoint, kept until shortly before they expire. */
export function createTokenSource (config: AdapterConfig): TokenSource {
  return config.KAFKA_SASL_OAUTH_TOKEN_FILE !== '' ? tokenFile(config.KAFKA_SASL_OAUTH_TOKEN_FILE) : tokenEndpoint(config)
}

function tokenFile (path: string): TokenSource {
  return {
    async token () {
      const value = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => { throw retriable(`KAFKA_SASL_OAUTH_TOKEN_FILE cannot be read (${error.code})`) })
      if (value.trim() === '') throw retriable('KAFKA_SASL_OAUTH_TOKEN_FILE is empty')
      return value.trim()
    },
    forget () {}
  }
}

function tokenEndpoint (config: AdapterConfig): TokenSource {
  let answer: Promise<Token> | undefined
  let renewAt = Infinity

  const ask = async (): Promise<Token> => {
    try {
      const token = await askEndpoint(config)
      renewAt = Date.now() + token.lifetimeMs - RENEW_BEFORE_MS
      return token
    } catch (error) {
      answer = undefined
      throw error
    }
  }
  return {
    async token () {
      if (Date.now() >= renewAt) this.forget()
      answer ??= ask() // connections that open meanwhile wait for the same one
      return (await answer).value
    },
    forget () {
      answer = undefined
      renewAt = Infinity
    }
  }
}

interface Token {
  readonly value: string
  /** 0 where the endpoint does not say: then the token serves one connection. */
  readonly lifetimeMs: number
}

/** The client credentials grant (RFC 6749, section 4.4). */
async function askEndpoint (config: AdapterConfig): Promise<Token> {
  const { KAFKA_SASL_OAUTH_TOKEN_URL: url, KAFKA_SASL_OAUTH_CLIENT_ID: id, KAFKA_SASL_OAUTH_CLIENT_SECRET: secret, KAFKA_SASL_OAUTH_SCOPE: scope } = config
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'error',
    headers: { accept: 'application/json', authorization: `Basic ${Buffer.from(`${encodeForm(id)}:${encodeForm(secret)}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope !== '' && { scope }) }),
    signal: AbortSignal.timeout(TOKEN_DEADLINE_MS)
  }).catch((error: Error) => { throw retriable(`KAFKA_SASL_OAUTH_TOKEN_URL cannot be reached (${causeOf(error)})`) })

  const answer: unknown = await response.json().catch(() => undefined)
  const { access_token: value, expires_in: seconds, error } = Object(answer) as Record<string, unknown>
  if (!response.ok) throw retriable(`KAFKA_SASL_OAUTH_TOKEN_URL answers ${response.status}${isErrorCode(error) ? ` ${error}` : ''}`)
  if (typeof value !== 'string' || value === '') throw retriable('KAFKA_SASL_OAUTH_TOKEN_URL answers without an access token')
  return { value, lifetimeMs: Number(seconds) > 0 ? Number(seconds) * 1e3 : 0 }
}

/** As RFC 6749 wants id and secret in the header (section 2.3.1). */
function encodeForm (value: string): string {
  return new URLSearchParams({ '': value }).toString().slice(1)
}

function isErrorCode (error: unknown): error is string {
  return typeof error === 'string' && /^[a-z_]{1,40}$/.test(error)
}

function causeOf (error: Error): string {
  const { code } = Object(error.cause) as NodeJS.ErrnoException
  return code ?? error.name
}

/** For kafkajs, which gives up for good at an error that does not say that it may be retried. */
function retriable (message: string): Error {
  return new kafkajs.KafkaJSError(message, { retriable: true })
}
