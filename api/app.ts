import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController, type RawReplyDefaultExpression, type RawRequestDefaultExpression, type RawServerDefault } from 'fastify'
import type { DestinationStream } from 'pino'
import { type Config, listOf } from './config.ts'
import { ServiceError } from './errors.ts'
import type { Classifier } from './inference/classifier.ts'
import type { Metrics } from './metrics.ts'
import { createAuthenticator, requireKey } from './plugins/authentication.ts'
import { answerClientError } from './plugins/client-errors.ts'
import { registerConnections } from './plugins/connections.ts'
import { registerDocumentation } from './plugins/documentation.ts'
import { registerErrorHandler } from './plugins/error-handler.ts'
import { registerJsonParser } from './plugins/json-parser.ts'
import { registerRequestContext, requestId } from './plugins/request-context.ts'
import { registerRequestRecord } from './plugins/request-record.ts'
import { registerClassifyRoutes } from './routes/classify.ts'
import { registerErrorCatalogue } from './routes/error-catalogue.ts'
import { registerHealthRoutes } from './routes/health.ts'
import { registerInformationRoutes } from './routes/information.ts'
import { registerPage } from './routes/page.ts'
import type { ServiceState } from './service-state.ts'

export type TypedInstance = FastifyInstance<RawServerDefault, RawRequestDefaultExpression, RawReplyDefaultExpression, FastifyBaseLogger, TypeBoxTypeProvider>

/** What the routes work with. */
export interface RouteContext {
  readonly config: Config
  readonly classifier: Classifier
  readonly metrics: Metrics
  readonly serviceState: ServiceState
}

export interface AppOptions extends RouteContext {
  /** Where log lines go. @default standard output */
  readonly logStream?: DestinationStream
}

const MAX_HEADER_BYTES = 16_384
const MINUTE_MS = 60_000

/** Builds the service; production, tests and the OpenAPI script all call this, with the same options. */
export async function buildApp (options: AppOptions): Promise<TypedInstance> {
  const { config, metrics, serviceState } = options
  const app = Fastify({
    logger: { level: config.LOG_LEVEL, base: { service: 'api' }, ...(options.logStream && { stream: options.logStream }) },
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: requestId,
    bodyLimit: config.MAX_BODY_BYTES,
    requestTimeout: config.BODY_TIMEOUT_MS,
    http: { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: config.BODY_TIMEOUT_MS, connectionsCheckingInterval: 1_000 },
    trustProxy: config.TRUST_PROXY,
    return503OnClosing: false,
    clientErrorHandler: (error, socket) => answerClientError(error, socket, { log: app.log, metrics }),
    frameworkErrors: (_error, { raw }, reply) => {
      // The router could not decode the path, and no hook has run. With its percent signs escaped the path is an unknown
      // one like any other, and has a log line, a metric and headers.
      raw.url = raw.url!.replaceAll('%', '%25')
      app.routing(raw, reply.raw)
    },
    // Strict at the door: nothing is coerced and nothing silently removed.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: true } }
  }).withTypeProvider<TypeBoxTypeProvider>()

  registerJsonParser(app)
  registerErrorHandler(app)
  registerRequestContext(app)
  registerRequestRecord(app, metrics)
  registerConnections(app, serviceState)
  await registerSecurityHeaders(app, config)
  await registerDocumentation(app)
  await registerPage(app)
  registerErrorCatalogue(app)
  registerHealthRoutes(app, options)
  await app.register(async guarded => {
    const authenticator = createAuthenticator(guarded, { keys: listOf(config.API_KEYS), keysFile: config.API_KEYS_FILE })
    guarded.addHook('onRequest', requireKey(authenticator))
    if (config.RATE_LIMIT_PER_MINUTE > 0) {
      await guarded.register(rateLimit, {
        max: config.RATE_LIMIT_PER_MINUTE,
        timeWindow: MINUTE_MS,
        keyGenerator: request => authenticator.identify(request) ?? request.ip,
        errorResponseBuilder: (_request, { ttl }) => new ServiceError('ERR_RATE_LIMITED', { retryAfterMs: ttl })
      })
    }
    registerClassifyRoutes(guarded.withTypeProvider<TypeBoxTypeProvider>(), options)
    registerInformationRoutes(guarded.withTypeProvider<TypeBoxTypeProvider>(), options)
  })
  return app
}

async function registerSecurityHeaders (app: FastifyInstance, config: Config): Promise<void> {
  const origins = listOf(config.CORS_ORIGINS)
  if (origins.length) await app.register(cors, { origin: origins, methods: ['GET', 'POST'], exposedHeaders: ['x-request-id', 'server-timing', 'retry-after'] })
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'self'"], imgSrc: ["'self'", 'data:'], baseUri: ["'none'"], formAction: ["'self'"], frameAncestors: ["'none'"], objectSrc: ["'none'"] }
    },
    hsts: false // the service speaks HTTP; whoever terminates TLS decides on this
  })
}
