"""Shows that a rebuilt encoder equals the committed one: by its bytes, or else by its embeddings."""

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from encoder import Encoder
from graph_difference import graph_differences
from vocabulary import read_tokenizer

TOLERANCE = 1e-6  # largest difference of a component that still counts as equal


@dataclass(frozen=True)
class Comparison:
    """What two encoders have in common; the arrays have one value a text."""

    rebuilt_sha256: str
    committed_sha256: str
    cosines: np.ndarray
    largest_differences: np.ndarray

    @property
    def same_bytes(self) -> bool:
        return self.rebuilt_sha256 == self.committed_sha256

    @property
    def same_embeddings(self) -> bool:
        # "All within" and not "none beyond": a NaN has to count as different.
        return bool(np.all(self.largest_differences <= TOLERANCE))

    def report(self) -> str:
        """The figures, for a person to read."""
        lines = [
            f"sha256 rebuilt    {self.rebuilt_sha256}",
            f"sha256 committed  {self.committed_sha256}",
            f"byte-equal        {'yes' if self.same_bytes else 'no'}",
            f"texts             {len(self.cosines)}",
            f"cosine            min {self.cosines.min():.7f}, mean {self.cosines.mean():.7f}",
            f"component         differs by {self.largest_differences.max():.2e} at most",
        ]
        return "\n".join(lines)


def check_tokenizers(rebuilt: Path, committed: Path) -> bool:
    """Print whether two tokenizer.json files are equal; formatting does not matter."""
    if rebuilt.read_bytes() == committed.read_bytes():
        print("tokenizer.json    byte-equal")
    elif read_tokenizer(rebuilt) == read_tokenizer(committed):
        print("tokenizer.json    equal as JSON, but formatted differently")
    else:
        print(
            f"DIFFERENT: {rebuilt} and {committed} have different content",
            file=sys.stderr,
        )
        return False
    return True


def check_encoders(rebuilt: Encoder, committed: Encoder, texts: list[str]) -> bool:
    """Print how two encoders compare; true when they are equal."""
    comparison = compare(rebuilt, committed, texts)
    print(comparison.report())
    if not comparison.same_bytes:
        for line in graph_differences(rebuilt.model, committed.model):
            print(line)
    if comparison.same_bytes or comparison.same_embeddings:
        print("EQUAL: the rebuilt encoder is the committed one")
        return True
    print(
        f"DIFFERENT: {rebuilt.model} and {committed.model}; some embedding differs by"
        f" more than {TOLERANCE:g}",
        file=sys.stderr,
    )
    return False


def compare(rebuilt: Encoder, committed: Encoder, texts: list[str]) -> Comparison:
    """Run all texts through both encoders, and hash both model files."""
    ours = np.stack([rebuilt.embed(text) for text in texts])  # [texts, hidden]
    theirs = np.stack([committed.embed(text) for text in texts])
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    return Comparison(
        rebuilt_sha256=sha256(rebuilt.model),
        committed_sha256=sha256(committed.model),
        cosines=np.sum(ours * theirs, axis=1) / lengths,
        largest_differences=np.abs(ours - theirs).max(axis=1),
    )


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
