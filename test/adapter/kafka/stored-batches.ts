import { inflateRawSync } from 'node:zlib'

/** The value of the one record in each of the batches below: of several LZ4 blocks, and more than Snappy has in one. */
export const STORED_VALUE = `{"id":"a1","text":"${'Meine Bohrmaschine laedt nicht mehr. '.repeat(3_500)}"}`

/** Record batches as Apache Kafka 4.3.1 stored them, deflated for this file. */
export const STORED_BATCHES = [
  { compression: 'lz4', client: 'librdkafka 2.0.2', batch: 'Y2CAAaY9YJJDao0uAzNEiHER10p9Oxj9HwWApFmUfCUSHJp8GRkYPsh+ec4PEnvynL9aKTNFyUop0VBJR6kktaJEyUrJNzUzL1XBKT+jKDexODmDl+E/c05iakqJQl5mckaJQm5qRpGegirD/xEOlgUUJ2dk5mmDAlQkVQEziDDCkX8kB9qOAAWlWi5wUgUA' },
  { compression: 'lz4', client: 'Java client 4.3.1', batch: 'Y2AAA0YGBqY9IAbT95r1QQzMUNFFXCtN3BA0GLAwwAAji5KvRIJDky8jA8MH2U/P+UFij57zVytlpihZKSUaKukolaRWlChZKfmmZualKjjlZxTlJhYnZ/Ay/GfOSUxNKVHIy0zOKFHITc0o0lNQZfg/wsGygOLkjMw8bVCAiqQqYAYRRjjyj+RA2x6gp6BUC06LAA==' },
  { compression: 'zstd', client: 'librdkafka 2.0.2', batch: 'Y2CAgy4QwTTtjfB5BhaICOMirpXW+2D0fxQAktbYqv+XIaKViSGF5ctzfpDIk+f81UqZKUpWSomGSjpKJakVJUpWSr6pmXmpCk75GUW5icXJGSBOTmJqSolCXmZyRolCbmpGkZ6CUi0XAyMDU67dqVARAA==' },
  { compression: 'zstd', client: 'Java client 4.3.1', batch: 'Y2AAA0YGBoYeEIMpO7lxIwMLVHQR10onDgQNBqwMMMCosVX/L0NEDRNDCMun5/wgkUfP+auVMlOUrJQSDZV0lEpSK0qUrJR8UzPzUhWc8jOKchOLkzNAnJzE1JQShbzM5IwShdzUjCI9BaVaBkYGply7U6EiQNcAAA==' },
  { compression: 'snappy', client: 'librdkafka 2.0.2', batch: 'Y2CAAYlIEMkUs+VsCQMTRIhxEddKX34Y/R8FgKT/fmb/4PTlOT+I/eQ5f7VSZoqSlVKioZKOUklqRYmSlZJvamZeqoJTfkZRbmJxcgaIk5OYmlKikJeZnFGikJuaUaSn4PtPlWEUjaJRNIpG0SgaRaNoFI2iUTTs0SdVhg6sXQLUfgMj72hQjaJRNIpG0SgaRaNoFI2iUTTIkZsqA49SLRcDAA==' },
  { compression: 'snappy', client: 'Java client 4.3.1', batch: 'Y2AAA0YGBomzIAZT4ab1jQxMUNFFXCvDbRA0GLAxwABjU7CfY0BAJNQAEGZza2hg+uD86Tk/iP/oOX+1UmaKkpVSoqGSjlJJakWJkpWSb2pmXqqCU35GUW5icXIGiJOTmJpSopCXmZxRopCbmlGkp+Cb+k+VYRSNolE0ikbRiELvVEHVjEZDA1MArDJAqTEYeXWQK4zRABtFo2gUjaIRiLLAdYVmQwNTB/ZuBFrNMRpio2gUjaJRNAJREqiyYH365zPjBGJGoDJHQ2wUjaJRNIqGEPJTZeBQqmUAAA==' }
].map(({ batch, ...from }) => ({ ...from, bytes: inflateRawSync(Buffer.from(batch, 'base64')) }))
