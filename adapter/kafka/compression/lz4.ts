import { UnreadableBatchError } from './unreadable-batch.ts'

const MAGIC = 0x184D2204
const VERSION_MASK = 0xC0
const VERSION = 0x40
const BLOCK_CHECKSUM = 0x10
const CONTENT_SIZE = 0x08
const DICTIONARY = 0x01
const CHECKSUM_BYTES = 4
const UNCOMPRESSED = 0x80000000
/** By the code in the frame's header. */
const BLOCK_SIZES: Record<number, number> = { 4: 0x10000, 5: 0x40000, 6: 0x100000, 7: 0x400000 }

/** Fewer bytes than this are copied faster one by one. */
const SHORT_COPY = 32

/**
 * Reads an LZ4 frame. Written here because lz4js reads past both ends of a damaged block without noticing and mistakes
 * where block checksums are. The frame's own checksums are not verified: kafkajs does not verify Kafka's either.
 * @throws UnreadableBatchError when it is larger than `maxBytes`, or another error when the frame is damaged
 */
export function decompressLz4 (frame: Buffer, maxBytes: number): Buffer {
  if (frame.readUInt32LE(0) !== MAGIC) throw damaged()
  const flags = frame.readUInt8(4)
  const blockSize = BLOCK_SIZES[(frame.readUInt8(5) >> 4) & 7]
  if ((flags & VERSION_MASK) !== VERSION || (flags & DICTIONARY) !== 0 || blockSize === undefined) throw damaged()

  let output: Buffer = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(blockSize, frame.length * 4)))
  let written = 0
  let read = 7 + ((flags & CONTENT_SIZE) !== 0 ? 8 : 0)
  for (let word = frame.readUInt32LE(read); word !== 0; word = frame.readUInt32LE(read)) {
    const start = read + 4
    const end = start + word % UNCOMPRESSED
    if (end > frame.length) throw damaged()
    const isCompressed = word < UNCOMPRESSED
    const needed = written + (isCompressed ? blockSize : end - start)
    if (needed > output.length && output.length < maxBytes) output = grow(output, written, Math.min(maxBytes, Math.max(needed, output.length * 2)))
    written = isCompressed
      ? decodeBlock({ block: frame.subarray(start, end), output, written, limit: written + blockSize })
      : copyBlock({ block: frame.subarray(start, end), output, written })
    read = end + ((flags & BLOCK_CHECKSUM) !== 0 ? CHECKSUM_BYTES : 0)
  }
  return output.subarray(0, written)
}

interface BlockOptions { readonly block: Buffer, readonly output: Buffer, readonly written: number }

function copyBlock ({ block, output, written }: BlockOptions): number {
  if (written + block.length > output.length) throw UnreadableBatchError.tooLarge(output.length)
  block.copy(output, written)
  return written + block.length
}

/** Literals and matches in turn. Blocks may refer back to earlier ones, which lie before it in the output. */
function decodeBlock ({ block, output, written, limit }: BlockOptions & { readonly limit: number }): number {
  const length = block.length
  let read = 0
  let write = written

  const readLength = (nibble: number): number => {
    if (nibble < 15) return nibble
    let total = nibble
    for (let byte = 255; byte === 255; total += byte) byte = block.readUInt8(read++)
    return total
  }
  const reserve = (bytes: number): void => {
    if (write + bytes > limit) throw damaged()
    if (write + bytes > output.length) throw UnreadableBatchError.tooLarge(output.length)
  }

  while (read < length) {
    const token = block[read++]!
    const literals = readLength(token >> 4)
    if (read + literals > length) throw damaged()
    reserve(literals)
    if (literals < SHORT_COPY) for (let end = read + literals; read < end;) output[write++] = block[read++]!
    else {
      block.copy(output, write, read, read + literals)
      read += literals
      write += literals
    }
    if (read === length) break // the last sequence has no match

    const offset = block.readUInt16LE(read)
    read += 2
    if (offset === 0 || offset > write) throw damaged()
    const match = readLength(token & 15) + 4
    reserve(match)
    if (offset >= match && match >= SHORT_COPY) {
      output.copyWithin(write, write - offset, write - offset + match)
      write += match
    } else {
      for (let end = write + match; write < end; write++) output[write] = output[write - offset]! // may overlap: a pattern that repeats
    }
  }
  return write
}

function grow (output: Buffer, written: number, bytes: number): Buffer {
  const larger = Buffer.allocUnsafe(bytes)
  output.copy(larger, 0, 0, written)
  return larger
}

function damaged (): Error {
  return new Error('is not an LZ4 frame')
}
