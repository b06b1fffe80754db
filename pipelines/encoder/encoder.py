"""Runs an encoder the way production does: prefixed text, one thread, one text a run."""

from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

PREFIX = "query: "  # multilingual-e5 was trained with it
MAX_TOKENS = 512  # rows of the position table


class Encoder:
    """A model.onnx with its tokenizer.json."""

    def __init__(self, model: Path, tokenizer: Path) -> None:
        self.model = model
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
        self.tokenizer = Tokenizer.from_file(str(tokenizer))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()

    def token_ids(self, text: str) -> list[int]:
        """Ids of prefix and text, with <s> before and </s> after them; never truncated."""
        return self.tokenizer.encode(PREFIX + text).ids

    def embed(self, text: str) -> np.ndarray:
        """The embedding of a text of at most 512 tokens: float32 [hidden], length 1."""
        ids = np.array([self.token_ids(text)], np.int64)
        if ids.size > MAX_TOKENS:
            raise ValueError(
                f"{ids.size} tokens, but the encoder has {MAX_TOKENS} positions: {text[:40]!r}"
            )
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        return self.session.run(["sentence_embedding"], inputs)[0][0]
