import { decompress } from '@bokuweb/zstd-wasm'
import { UnreadableBatchError } from './unreadable-batch.ts'

const MAGIC = 0xFD2FB528
const MEBIBYTE = 1_048_576
/** The library puts zstd's own code into its message. */
const DESTINATION_TOO_SMALL = /\bcode (-70|4294967226)\b/

/**
 * Reads a zstd frame; `init()` of @bokuweb/zstd-wasm must have run. Java clients do not say how large the content is,
 * and the library then wants to know: it is tried with more and more room.
 * @throws UnreadableBatchError when it is larger than `maxBytes`, or another error when the frame is damaged
 */
export function decompressZstd (frame: Buffer, maxBytes: number): Buffer {
  // Looked at first: given a size that it cannot have, the library would write over its own memory.
  const size = contentSize(frame)
  if (size !== undefined && size > maxBytes) throw UnreadableBatchError.tooLarge(maxBytes)
  for (let room = Math.min(maxBytes, Math.max(MEBIBYTE, frame.length * 8)); ; room = Math.min(maxBytes, room * 4)) {
    try {
      const { buffer, byteOffset, byteLength } = decompress(frame, { defaultHeapSize: room })
      return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
    } catch (error) {
      if (!DESTINATION_TOO_SMALL.test(String(error))) throw new Error('is not a zstd frame', { cause: error })
      if (size !== undefined || room === maxBytes) throw UnreadableBatchError.tooLarge(maxBytes)
    }
  }
}

/** What the frame says of its content, in bytes (RFC 8878, section 3.1.1.1). */
function contentSize (frame: Buffer): number | undefined {
  if (frame.readUInt32LE(0) !== MAGIC) throw new Error('is not a zstd frame')
  const descriptor = frame.readUInt8(4)
  const isSingleSegment = (descriptor & 0x20) !== 0
  const position = 5 + (isSingleSegment ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!
  switch (descriptor >> 6) {
    case 0: return isSingleSegment ? frame.readUInt8(position) : undefined
    case 1: return frame.readUInt16LE(position) + 256
    case 2: return frame.readUInt32LE(position)
    default: return Number(frame.readBigUInt64LE(position))
  }
}
