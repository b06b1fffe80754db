import importX from 'eslint-plugin-import-x'
import neostandard from 'neostandard'

/** What each part may not import: imports point one way (docs/architecture.md). */
const FORBIDDEN = {
  openapi: ['api', 'adapter', 'model-store', 'pipelines', 'bench', 'conformance', 'scripts'],
  'model-store': ['api', 'adapter', 'openapi', 'pipelines', 'bench', 'conformance', 'scripts'],
  api: ['adapter', 'pipelines', 'bench', 'conformance', 'scripts'],
  'api/inference': ['api/app.ts', 'api/server.ts', 'api/routes', 'api/plugins'],
  adapter: ['api', 'model-store', 'pipelines', 'bench', 'conformance', 'scripts'],
  // It knows an adapter only from outside.
  conformance: ['api', 'adapter', 'model-store', 'pipelines', 'bench'],
  pipelines: ['api/app.ts', 'api/server.ts', 'api/routes', 'api/plugins', 'adapter', 'bench', 'conformance', 'scripts']
}

/** What they may import all the same: connecting to Kafka is alike for whoever reads it. */
const EXCEPT = { 'pipelines adapter': ['./kafka', './config.ts', './config-conflicts.ts'] }

export default [
  ...neostandard({ ts: true, ignores: ['dist/', '.cache/', '.tap/'] }),
  {
    files: ['**/*.ts'],
    plugins: { 'import-x': importX },
    rules: {
      'import-x/no-restricted-paths': ['error', {
        zones: Object.entries(FORBIDDEN).flatMap(([target, sources]) => sources.map(from => ({
          target: `./${target}`, from: `./${from}`, except: EXCEPT[`${target} ${from}`] ?? [], message: `${target}/ does not know ${from}`
        })))
      }]
    }
  },
  {
    files: ['**/*.ts'],
    ignores: ['api/server.ts', 'adapter/main.ts', 'pipelines/main.ts', 'conformance/main.ts', 'bench/**', 'scripts/**', 'test/**'],
    rules: {
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: 'Only entry points read the environment' }, { object: 'process', property: 'exit', message: 'Only entry points exit' }]
    }
  }
]
