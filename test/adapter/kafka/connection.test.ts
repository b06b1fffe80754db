import { X509Certificate, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type RequestListener, createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import type { Mechanism } from 'kafkajs'
import t, { type Test } from 'tap'
import { readAdapterConfig } from '../../../adapter/config.ts'
import { kafkaOptions } from '../../../adapter/kafka/connection.ts'
import { createTokenSource } from '../../../adapter/kafka/oauth-token.ts'
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
  const certificate = rootCertificates.find(pem => new X509Certificate(pem).publicKey.asymmetricKeyType === 'rsa')!
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } })
  const folder = t.testdir({
    'cert.pem': certificate, 'other-key.pem': privateKey, 'not.pem': 'nothing', 'broken.pem': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
  })
  const [cert, otherKey] = ['cert.pem', 'other-key.pem'].map(name => join(folder, name)) as [string, string]
  const { log } = captureLog()
  const sslOf = (environment: Record<string, string>) => kafkaOptions(readAdapterConfig({ KAFKA_SSL: 'true', ...environment }), log).ssl

  t.equal(sslOf({}), true)
  t.same(sslOf({ KAFKA_SSL_CA_FILE: cert }), { ca: certificate })
  t.throws(() => sslOf({ KAFKA_SSL_CA_FILE: join(folder, 'not.pem') }), { message: 'KAFKA_SSL_CA_FILE is not a certificate in PEM' })
  t.throws(() => sslOf({ KAFKA_SSL_CA_FILE: join(folder, 'broken.pem') }), { message: 'KAFKA_SSL_CA_FILE is not a certificate in PEM' })
  t.throws(() => sslOf({ KAFKA_SSL_CERT_FILE: cert, KAFKA_SSL_KEY_FILE: otherKey }), { message: /^KAFKA_SSL_CERT_FILE, KAFKA_SSL_KEY_FILE: not usable for TLS \(ERR_OSSL_[A-Z0-9_]+\)$/ }, 'not the certificate\'s key')
  t.throws(() => sslOf({ KAFKA_SSL_CERT_FILE: cert, KAFKA_SSL_KEY_FILE: join(folder, 'not.pem') }), { message: /KAFKA_SSL_KEY_FILE: not usable/ })
})

t.test('a token file is read for each connection', async t => {
  const folder = t.testdir({ token: 'first\n' })
  const file = join(folder, 'token')
  const source = createTokenSource(readAdapterConfig({ KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_SASL_OAUTH_TOKEN_FILE: file }))
  t.equal(await source.token(), 'first')
  writeFileSync(file, 'second')
  t.equal(await source.token(), 'second')
  writeFileSync(file, ' \n')
  await t.rejects(source.token(), { message: 'KAFKA_SASL_OAUTH_TOKEN_FILE is empty', retriable: true })
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
  const source = createTokenSource(readAdapterConfig({
    KAFKA_SASL_MECHANISM: 'oauthbearer',
    KAFKA_SASL_OAUTH_TOKEN_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    KAFKA_SASL_OAUTH_CLIENT_ID: 'app',
    KAFKA_SASL_OAUTH_CLIENT_SECRET: 'p:ä s',
    KAFKA_SASL_OAUTH_SCOPE: 'kafka'
  }))
  return { source, provide: async () => await source.token(), requests, server }
}

t.test('a token is asked for by the client credentials grant, once for all connections while it lasts', async t => {
  const { source, provide, requests } = await tokenEndpoint(t, count => ({ body: { access_token: `token-${count}`, expires_in: 3_600 } }))
  t.same(await Promise.all([provide(), provide(), provide()]), Array(3).fill('token-1'))
  t.equal(await provide(), 'token-1')
  t.same(requests, [{ authorization: `Basic ${Buffer.from('app:p%3A%C3%A4+s').toString('base64')}`, form: { grant_type: 'client_credentials', scope: 'kafka' } }])
  source.forget()
  t.equal(await provide(), 'token-2', 'a refused one is not used again')
})

t.test('a token is renewed before it expires, and not kept at all when its end is not known', async t => {
  const lifetimes = [31, 29, undefined]
  const { provide, requests } = await tokenEndpoint(t, count => ({ body: { access_token: `token-${count}`, expires_in: lifetimes[count - 1] } }))
  t.equal(await provide(), 'token-1')
  t.equal(await provide(), 'token-1', 'a second is left')
  const { now } = Date
  t.intercept(Date, 'now', { value: () => now() + 1_000 })
  t.equal(await provide(), 'token-2', '30 s before the end the next one is asked for')
  t.equal(await provide(), 'token-3')
  t.equal(await provide(), 'token-4')
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
  t.equal(await provide(), 'fine')
  t.equal(requests.length, 4)

  const stopped = await tokenEndpoint(t, () => ({ body: {} }))
  stopped.server.close()
  await once(stopped.server, 'close')
  await t.rejects(stopped.provide(), { message: 'KAFKA_SASL_OAUTH_TOKEN_URL cannot be reached (ECONNREFUSED)', retriable: true })
  t.ok(server.listening)
})

/** What a broker is told and answers, in turn. */
async function authenticate (answers: Array<string | Error>) {
  const folder = t.testdir({ token: 'abc' })
  const { sasl } = kafkaOptions(readAdapterConfig({ KAFKA_SSL: 'true', KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_SASL_OAUTH_TOKEN_FILE: join(folder, 'token') }), captureLog().log)
  const told: string[] = []
  const authenticator = (sasl as Mechanism).authenticationProvider({
    host: 'a',
    port: 1,
    logger: undefined as never,
    saslAuthenticate: async ({ request, response }) => {
      told.push(String((await request.encode()).subarray(4)))
      const answer = answers[told.length - 1]!
      if (answer instanceof Error) throw answer
      return response?.parse(await response.decode(Buffer.concat([Buffer.alloc(4), Buffer.from(answer)])))
    }
  })
  return { told, done: authenticator.authenticate() }
}

t.test('a token is shown as RFC 7628 wants, and a refusal is noticed', async t => {
  const accepted = await authenticate([''])
  await t.resolves(accepted.done)
  t.same(accepted.told, ['n,,\x01auth=Bearer abc\x01\x01'])

  const refused = await authenticate(['{"status":"invalid_token"}', new Error('{"status":"invalid_token"}')])
  await t.rejects(refused.done, { name: 'KafkaJSConnectionError', message: 'The brokers refuse the OAuth token (invalid_token)', retriable: true })
  t.same(refused.told.slice(1), ['\x01'], 'and acknowledged, so that the connection is closed')
})
