import type { TrackedDataSet } from './tracker.ts'

/** MLflow cuts longer parameters off without a word, and takes no longer tags. */
const MOST_VALUE = 6_000
/** Longest digest that MLflow takes. */
const DIGEST = 36
/** What MLflow allows in the name of a parameter, metric or tag. */
const FORBIDDEN = /[^\w\-. :/]/g

/** As parameters or tags: strings, of which none may be empty, as MLflow shows that as if nothing was said. */
export function pairList (values: Readonly<Record<string, string | number | boolean>>): Array<{ key: string, value: string }> {
  return Object.entries(values).map(([key, value]) => {
    const text = String(value) || '(empty)'
    return { key: allowed(key), value: text.length > MOST_VALUE ? `${text.slice(0, MOST_VALUE - 1)}…` : text }
  })
}

/** JSON has no NaN and no infinity; MLflow takes them as strings, and a missing value for 0. */
export function metricList (values: Readonly<Record<string, number>>, step: number): Array<{ key: string, value: number | string, timestamp: number, step: number }> {
  const timestamp = Date.now()
  return Object.entries(values).map(([key, value]) => ({ key: allowed(key), value: Number.isFinite(value) ? value : String(value), timestamp, step }))
}

export function datasetInput ({ name, version, digest, context, rows }: TrackedDataSet): object {
  return {
    tags: [{ key: 'mlflow.data.context', value: context }],
    dataset: {
      name: `${name} ${version}`,
      digest: digest.slice(0, DIGEST),
      source_type: 'local',
      source: JSON.stringify({ uri: `data/${name}/${version}`, sha256: digest }),
      profile: JSON.stringify({ num_rows: rows })
    }
  }
}

export function * slices<Item> (items: readonly Item[], most: number): Generator<Item[]> {
  for (let start = 0; start < items.length; start += most) yield items.slice(start, start + most)
}

function allowed (key: string): string {
  return key.replace(FORBIDDEN, '_')
}
