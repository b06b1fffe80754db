"""Token ids as the service makes them, but for where long texts are cut."""

from pathlib import Path

from tokenizers import Tokenizer as RustTokenizer


class Tokenizer:
    """A tokenizer.json; special tokens that a text contains count as text."""

    def __init__(self, path: Path, max_tokens: int) -> None:
        self.tokenizer = RustTokenizer.from_file(str(path))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(max_tokens)
        self.tokenizer.encode_special_tokens = True

    def encode(self, texts: list[str]) -> list[list[int]]:
        """Ids of each text, with <s> before and </s> after them."""
        return [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
