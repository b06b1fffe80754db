/** `{ a: { b: 1 } }` as `{ 'a.b': 1 }`, the form of a run's parameters. */
export function flattened (value: object, prefix = ''): Record<string, string | number | boolean> {
  return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner) ? Object.entries(flattened(inner, `${prefix}${key}.`)) : [[prefix + key, Array.isArray(inner) ? inner.join() : inner]]))
}
