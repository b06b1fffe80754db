"""The encoder to train: BERT's layers (Devlin et al. 2018) over packed tokens, mean pooling."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from encoder_file import EncoderWeights
from packing import Packed


class Layer(nn.Module):
    """Attention, then feed-forward network, each followed by residual sum and norm."""

    def __init__(self, hidden: int, inner: int, heads: int, epsilon: float, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.ao = nn.Linear(hidden, hidden)
        self.ln1 = nn.LayerNorm(hidden, epsilon)
        self.fi = nn.Linear(hidden, inner)
        self.fo = nn.Linear(inner, hidden)
        self.ln2 = nn.LayerNorm(hidden, epsilon)

    def forward(self, states: torch.Tensor, packed: Packed) -> torch.Tensor:
        """float32 [tokens, hidden] to the same."""
        drop = lambda values: F.dropout(values, self.dropout, self.training)
        middle = self.ln1(states + drop(self.ao(self.attend(states, packed))))
        return self.ln2(middle + drop(self.fo(F.gelu(self.fi(middle)))))

    def attend(self, states: torch.Tensor, packed: Packed) -> torch.Tensor:
        """Attention within each text. Only here the tokens stand in their padded places."""
        hidden = states.shape[1]
        rows = packed.texts * packed.length
        values = self.qkv(states)
        if packed.slots is not None:
            values = values.new_zeros(rows, 3 * hidden).index_copy(0, packed.slots, values)
        shape = (packed.texts, packed.length, 3, self.heads, hidden // self.heads)
        query, key, value = values.view(shape).permute(2, 0, 3, 1, 4)
        context = F.scaled_dot_product_attention(query, key, value, attn_mask=packed.mask)
        context = context.transpose(1, 2).reshape(rows, hidden)
        return context if packed.slots is None else context.index_select(0, packed.slots)


class TextEncoder(nn.Module):
    """Token ids to one vector a text, not normalized. Word and position table are not trained.

    Frozen tables keep words alive that the training texts do not have, and need no memory for AdamW.
    """

    def __init__(self, weights: EncoderWeights, layers: tuple[int, ...], dropout: float) -> None:
        """Take the weights of these layers, counted from 1."""
        super().__init__()
        config = weights.config
        self.weights = weights
        self.dropout = dropout
        words = torch.from_numpy(weights.words.to_float32())
        self.register_buffer("words", words, persistent=False)
        self.register_buffer("positions", to_tensor(weights.tensors["pos"]), persistent=False)
        self.ln = nn.LayerNorm(config.hidden_size, config.layer_norm_epsilon)
        self.layers = nn.ModuleList(
            Layer(
                config.hidden_size,
                config.feed_forward_size,
                config.heads,
                config.layer_norm_epsilon,
                dropout,
            )
            for _ in layers
        )
        self.load_state_dict(
            {
                "ln.weight": to_tensor(weights.tensors["emb_ln.w"]),
                "ln.bias": to_tensor(weights.tensors["emb_ln.b"]),
                **{
                    f"layers.{place}.{part}.{long}": to_tensor(
                        weights.tensors[f"l{number - 1}.{part}.{short}"]
                    )
                    for place, number in enumerate(layers)
                    for part in ("qkv", "ao", "ln1", "fi", "fo", "ln2")
                    for short, long in (("w", "weight"), ("b", "bias"))
                },
            }
        )

    def forward(self, packed: Packed) -> torch.Tensor:
        """Mean of each text's last states, float32 [texts, hidden]."""
        states = self.ln(self.words[packed.ids] + self.positions[packed.positions])
        states = F.dropout(states, self.dropout, self.training)
        for layer in self.layers:
            states = layer(states, packed)
        states = states.float()
        sums = states.new_zeros(packed.texts, states.shape[1]).index_add(0, packed.text_of, states)
        return sums / packed.counts

    def to_weights(self) -> EncoderWeights:
        """What was trained, as arrays."""
        state = {name: value.detach().cpu().numpy() for name, value in self.state_dict().items()}
        tensors = {
            "pos": self.weights.tensors["pos"],
            "emb_ln.w": state["ln.weight"],
            "emb_ln.b": state["ln.bias"],
        }
        for place in range(len(self.layers)):
            for part in ("qkv", "ao", "ln1", "fi", "fo", "ln2"):
                tensors[f"l{place}.{part}.w"] = state[f"layers.{place}.{part}.weight"]
                tensors[f"l{place}.{part}.b"] = state[f"layers.{place}.{part}.bias"]
        config = self.weights.config.__class__(
            **{**self.weights.config.__dict__, "layers": len(self.layers)}
        )
        return EncoderWeights(config, self.weights.words, tensors)


def to_tensor(values: np.ndarray) -> torch.Tensor:
    """A tensor with memory of its own."""
    return torch.from_numpy(np.array(values, np.float32))
