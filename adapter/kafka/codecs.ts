import { promisify } from 'node:util'
import { gzip, unzip } from 'node:zlib'
import { compress as compressZstd, init as initZstd } from '@bokuweb/zstd-wasm'
import kafkajs, { CompressionTypes } from 'kafkajs'
import { compress as compressSnappy } from 'snappyjs'
import { decompressLz4 } from './compression/lz4.ts'
import { decompressSnappy } from './compression/snappy.ts'
import { UnreadableBatchError } from './compression/unreadable-batch.ts'
import { decompressZstd } from './compression/zstd.ts'
import { tolerateUnreadableBatches } from './fetch-decoding.ts'

/** Far above what a topic's `max.message.bytes` of 1 MiB holds of compressed text, and little enough to have in memory. */
const MAX_BATCH_BYTES = 33_554_432

interface Codec {
  readonly compress: (data: Buffer) => Buffer | Promise<Buffer>
  /** @throws UnreadableBatchError when it would be larger than `maxBytes`, or another error when the data are damaged */
  readonly decompress: (data: Buffer, maxBytes: number) => Buffer | Promise<Buffer>
}

const gzipAsync = promisify(gzip)
const unzipAsync = promisify(unzip)

const GZIP: Codec = { compress: async data => await gzipAsync(data), decompress: decompressGzip }
const SNAPPY: Codec = { compress: compressSnappy, decompress: decompressSnappy }
const ZSTD: Codec = { compress: data => Buffer.from(compressZstd(data)), decompress: decompressZstd }
const LZ4: Codec = {
  compress: () => { throw new Error('LZ4 is only read here; send with another compression') },
  decompress: decompressLz4
}

/**
 * Lets kafkajs, in this whole process, read every compression that producers use. A batch that cannot be decompressed,
 * or is larger than 32 MiB then, comes as one record with the header `unreadable-batch`, see `tolerateUnreadableBatches`.
 */
export async function registerCodecs (): Promise<void> {
  tolerateUnreadableBatches()
  await initZstd()
  for (const [type, codec] of [[CompressionTypes.GZIP, GZIP], [CompressionTypes.Snappy, SNAPPY], [CompressionTypes.LZ4, LZ4], [CompressionTypes.ZSTD, ZSTD]] as const) {
    const forKafka = {
      compress: async ({ buffer }: { readonly buffer: Buffer }) => await codec.compress(buffer),
      decompress: async (data: Buffer) => await codec.decompress(data, MAX_BATCH_BYTES)
    }
    kafkajs.CompressionCodecs[type] = () => forKafka
  }
}

async function decompressGzip (data: Buffer, maxBytes: number): Promise<Buffer> {
  return await unzipAsync(data, { maxOutputLength: maxBytes }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ERR_BUFFER_TOO_LARGE' ? UnreadableBatchError.tooLarge(maxBytes) : error
  })
}
