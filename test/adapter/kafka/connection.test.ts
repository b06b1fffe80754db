import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { type RequestListener, createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { OauthbearerProviderResponse } from 'kafkajs'
import t, { type Test } from 'tap'
import { readAdapterConfig } from '../../../adapter/config.ts'
import { kafkaOptions } from '../../../adapter/kafka/connection.ts'
import { createTokenProvider } from '../../../adapter/kafka/oauth-token.ts'
import { captureLog } from '../captured-log.ts'

t.test('brokers, client and patience come from the configuration', async t => {
  const { log, lines } = captureLog('info')
  const options = kafkaOptions(readAdapterConfig({ KAFKA_BROKERS: 'a:1, b:2', KAFKA_CLIENT_ID: 'me' }), log, { requestTimeoutMs: 10_000, retry: { retries: 0 } })
  t.match(options, { clientId: 'me', brokers: ['a:1', 'b:2'], ssl: false, sasl: undefined, requestTimeout: 10_000, connectionTimeout: 3_000, retry: { retries: 0 } })
  t.ok(Number(kafkaOptions(readAdapterConfig({}), log).retry?.retries) > 10_000, 'an outage is sat out')
  t.same(lines, [])
})

t.test('a user without encryption is warned of', async t => {
  const { log, lines, text } = captureLog('info')
  const { sasl } = kafkaOptions(readAdapterConfig({ KAFKA_SASL_MECHANISM: 'scram-sha-512', KAFKA_SASL_USERNAME: 'app', KAFKA_SASL_PASSWORD: 'hunter2' }), log)
  t.same(sasl, { mechanism: 'scram-sha-512', username: 'app', password: 'hunter2' })
  t.match(lines, [{ level: 'warn', msg: /KAFKA_SSL/ }])
  t.notMatch(text(), /hunter2/)
})

t.test('certificates are read from files, and unusable ones refused by name', async t => {
  const folder = t.testdir({ 'not.pem': 'nothing', 'broken.pem': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' })
  const [cert, key, otherKey] = ['cert.pem', 'key.pem', 'other.pem'].map(name => join(folder, name)) as [string, string, string]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=test', '-keyout', key, '-out', cert], { stdio: 'ignore' })
  execFileSync('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', otherKey], { stdio: 'ignore' })
  const { log } = captureLog()
  const sslOf = (environment: Record<string, string>) => kafkaOptions(readAdapterConfig({ KAFKA_SSL: 'true', ...environment }), log).ssl

  t.equal(sslOf({}), true)
  t.same(sslOf({ KAFKA_SSL_CA_FILE: cert, KAFKA_SSL_CERT_FILE: cert, KAFKA_SSL_KEY_FILE: key }), { ca: readFileSync(cert, 'utf8'), cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') })
  t.throws(() => sslOf({ KAFKA_SSL_CA_FILE: join(folder, 'not.pem') }), { message: 'KAFKA_SSL_CA_FILE is not a certificate in PEM' })
  t.throws(() => sslOf({ KAFKA_SSL_CA_FILE: join(folder, 'broken.pem') }), { message: 'KAFKA_SSL_CA_FILE is not a certificate in PEM' })
  t.throws(() => sslOf({ KAFKA_SSL_CERT_FILE: cert, KAFKA_SSL_KEY_FILE: otherKey }), { message: /KAFKA_SSL_KEY_FILE: not usable/ })
})

t.test('a token file is read for each connection', async t => {
  const folder = t.testdir({ token: 'first\n' })
  const file = join(folder, 'token')
  const { sasl } = kafkaOptions(readAdapterConfig({ KAFKA_SSL: 'true', KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_SASL_OAUTH_TOKEN_FILE: file }), captureLog().log)
  const { oauthBearerProvider: provide } = sasl as { oauthBearerProvider: () => Promise<OauthbearerProviderResponse> }
  t.same(await provide(), { value: 'first' })
  writeFileSync(file, 'second')
  t.same(await provide(), { value: 'second' })
  writeFileSync(file, ' \n')
  await t.rejects(provide(), { message: 'KAFKA_SASL_OAUTH_TOKEN_FILE is empty', retriable: true })
})

interface TokenRequest { readonly authorization: string | undefined, readonly form: Record<string, string> }

/** A token endpoint that answers as told, and what it was asked. */
async function tokenEndpoint (t: Test, answer: (count: number) => { status?: number, body: unknown }) {
  const requests: TokenRequest[] = []
  const listener: RequestListener = (request, response) => {
    request.setEncoding('utf8').toArray().then(chunks => {
      requests.push({ authorization: request.headers.authorization, form: Object.fromEntries(new URLSearchParams(chunks.join(''))) })
      const { status = 200, body } = answer(requests.length)
      response.writeHead(status, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body))
    }, () => {})
  }
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  const provide = createTokenProvider(readAdapterConfig({
    KAFKA_SASL_MECHANISM: 'oauthbearer',
    KAFKA_SASL_OAUTH_TOKEN_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    KAFKA_SASL_OAUTH_CLIENT_ID: 'app',
    KAFKA_SASL_OAUTH_CLIENT_SECRET: 'p:ä s',
    KAFKA_SASL_OAUTH_SCOPE: 'kafka'
  }))
  return { provide, requests, server }
}

t.test('a token is asked for by the client credentials grant, once for all connections while it lasts', async t => {
  const { provide, requests } = await tokenEndpoint(t, count => ({ body: { access_token: `token-${count}`, expires_in: 3_600 } }))
  t.same(await Promise.all([provide(), provide(), provide()]), Array(3).fill({ value: 'token-1' }))
  t.same(await provide(), { value: 'token-1' })
  t.same(requests, [{ authorization: `Basic ${Buffer.from('app:p%3A%C3%A4+s').toString('base64')}`, form: { grant_type: 'client_credentials', scope: 'kafka' } }])
})

t.test('a token is renewed before it expires, and not kept at all when its end is not known', async t => {
  const lifetimes = [31, 29, undefined]
  const { provide, requests } = await tokenEndpoint(t, count => ({ body: { access_token: `token-${count}`, expires_in: lifetimes[count - 1] } }))
  t.equal((await provide()).value, 'token-1')
  t.equal((await provide()).value, 'token-1', 'a second is left')
  const { now } = Date
  t.intercept(Date, 'now', { value: () => now() + 1_000 })
  t.equal((await provide()).value, 'token-2', '30 s before the end the next one is asked for')
  t.equal((await provide()).value, 'token-3')
  t.equal((await provide()).value, 'token-4')
  t.equal(requests.length, 4)
})

t.test('a failing endpoint is told without its secrets, and asked again', async t => {
  const answers = [
    { status: 401, body: { error: 'invalid_client', error_description: 'secret p:ä s is wrong' } },
    { status: 503, body: '<html>' },
    { body: { token: 'x' } },
    { body: { access_token: 'fine', expires_in: 300 } }
  ]
  const { provide, requests, server } = await tokenEndpoint(t, count => answers[count - 1]!)
  await t.rejects(provide(), { message: 'KAFKA_SASL_OAUTH_TOKEN_URL answers 401 invalid_client', retriable: true }, 'kafkajs would give up for good without `retriable`')
  await t.rejects(provide(), { message: 'KAFKA_SASL_OAUTH_TOKEN_URL answers 503' })
  await t.rejects(provide(), { message: 'KAFKA_SASL_OAUTH_TOKEN_URL answers without an access token' })
  t.same(await provide(), { value: 'fine' })
  t.equal(requests.length, 4)

  const stopped = await tokenEndpoint(t, () => ({ body: {} }))
  stopped.server.close()
  await once(stopped.server, 'close')
  await t.rejects(stopped.provide(), { message: 'KAFKA_SASL_OAUTH_TOKEN_URL cannot be reached (ECONNREFUSED)', retriable: true })
  t.ok(server.listening)
})
