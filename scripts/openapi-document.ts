import { buildApp } from '../api/app.ts'
import { readConfig } from '../api/config.ts'
import type { Classifier } from '../api/inference/classifier.ts'
import { createMetrics } from '../api/metrics.ts'
import { ServiceState } from '../api/service-state.ts'
import { fetchByAlias, openModelStore } from '../model-store/open.ts'

/** The OpenAPI document, from the app as production builds it; only the model's workers are not started. */
export async function openApiDocument (): Promise<object> {
  const config = readConfig({ LOG_LEVEL: 'silent' })
  const { manifest } = await fetchByAlias(openModelStore(config.MODEL_STORE_URL), config.MODEL_NAME, config.MODEL_ALIAS)
  const classifier = { manifest } as Classifier
  const app = await buildApp({ config, classifier, metrics: createMetrics(), serviceState: new ServiceState() })
  try {
    await app.ready()
    return app.swagger()
  } finally {
    await app.close()
  }
}
