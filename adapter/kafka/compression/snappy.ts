import { uncompress } from 'snappyjs'
import { UnreadableBatchError } from './unreadable-batch.ts'

/** What Java clients put in front: a magic and two version numbers, then blocks that each bear their length. Others send one bare block. */
const XERIAL_MAGIC = Buffer.from('\x82SNAPPY\x00', 'latin1')
const XERIAL_HEADER_BYTES = 16

/**
 * Reads Snappy as Java clients and as librdkafka write it.
 * @throws UnreadableBatchError when it is larger than `maxBytes`, or another error when the data are damaged
 */
export function decompressSnappy (data: Buffer, maxBytes: number): Buffer {
  if (!data.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return decompressBlock(data, maxBytes)
  const blocks: Buffer[] = []
  let room = maxBytes
  for (let read = XERIAL_HEADER_BYTES; read < data.length;) {
    const end = read + 4 + data.readUInt32BE(read)
    if (end > data.length) throw new Error('is not Snappy data')
    const block = decompressBlock(data.subarray(read + 4, end), maxBytes, room)
    blocks.push(block)
    room -= block.length
    read = end
  }
  return Buffer.concat(blocks)
}

function decompressBlock (block: Buffer, maxBytes: number, room = maxBytes): Buffer {
  if (declaredLength(block) > room) throw UnreadableBatchError.tooLarge(maxBytes)
  return uncompress(block)
}

/** The block begins with its length as a varint; a damaged one is for snappyjs to refuse. */
function declaredLength (block: Buffer): number {
  let length = 0
  for (let index = 0; index < 5; index++) {
    const byte = block[index] ?? 0
    length += (byte & 0x7F) * 2 ** (7 * index)
    if (byte < 0x80) break
  }
  return length
}
