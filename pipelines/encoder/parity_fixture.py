"""Writes what Python's tokenizer and engine answer, for the Node implementation to be tested against.

The fixture has, for each text, the ids that the Rust tokenizer gives for prefix and text, with <s> and
</s> around them and nothing cut off; for some inquiries also the beginning of the embedding.

Ids are the same everywhere. Embeddings are not: quantized products round differently on processors
without VNNI instructions, which is why the fixture says whether the machine that wrote it has them.
"""

import argparse
import json
import sys
from importlib.metadata import version
from pathlib import Path

from tokenizers import Tokenizer

from compare import sha256
from encoder import PREFIX, Encoder
from parity_texts import EDGE_CASES, SPECIAL_LITERALS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EMBEDDED_TEXTS = 40  # the first inquiries of texts.txt
COMPONENTS = 8  # of an embedding; enough to see that two engines agree
DECIMALS = 6


def main() -> int:
    """Write the fixture; returns the exit code."""
    options = parse_arguments()
    tokenizer = options.model_dir / "tokenizer.json"
    encoder = Encoder(options.model_dir / "model.onnx", tokenizer)
    inquiries = (HERE / "texts.txt").read_text(encoding="utf-8").splitlines()

    texts = [embedded_entry(encoder, text) for text in inquiries[:EMBEDDED_TEXTS]]
    texts += [entry(encoder, text) for text in inquiries[EMBEDDED_TEXTS:] + EDGE_CASES]
    plain = plain_tokenizer(tokenizer)
    literals = [
        {**entry(encoder, text), "plain_ids": plain.encode(PREFIX + text).ids}
        for text in SPECIAL_LITERALS
    ]
    write_fixture(options.output, provenance(options.model_dir), texts, literals)
    print(f"wrote {options.output}: {len(texts)} texts, {len(literals)} special literals")
    return 0


def entry(encoder: Encoder, text: str) -> dict:
    """A text and its token ids."""
    return {"text": text, "ids": encoder.token_ids(text)}


def embedded_entry(encoder: Encoder, text: str) -> dict:
    """A text, its token ids, and the first components of its embedding."""
    components = encoder.embed(text)[:COMPONENTS].tolist()
    embedding = [round(component, DECIMALS) for component in components]
    return {**entry(encoder, text), "embedding": embedding}


def plain_tokenizer(path: Path) -> Tokenizer:
    """The same tokenizer, but to it a literal "<s>" in a text is text.

    Switching off `added_tokens` is not enough, since the vocabulary has a piece "<s>" too; so the
    control pieces get names that cannot occur: Unicode noncharacters.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    control_ids = [token["id"] for token in content["added_tokens"]]
    for number in control_ids:
        _piece, score = content["model"]["vocab"][number]
        content["model"]["vocab"][number] = [f"\ufdd0{number}\ufdd1", score]
    content["added_tokens"] = []
    return Tokenizer.from_str(json.dumps(content))


def provenance(model_dir: Path) -> dict:
    """What the fixture was made with."""
    processor = Path("/proc/cpuinfo")
    flags = processor.read_text().split() if processor.exists() else []
    return {
        "generator": "pipelines/encoder/parity_fixture.py",
        "prefix": PREFIX,
        "model_sha256": sha256(model_dir / "model.onnx"),
        "tokenizer_sha256": sha256(model_dir / "tokenizer.json"),
        "tokenizers": version("tokenizers"),
        "onnxruntime": version("onnxruntime"),
        "vnni": any(flag in flags for flag in ("avx512_vnni", "avx_vnni")),
    }


def write_fixture(path: Path, header: dict, texts: list[dict], literals: list[dict]) -> None:
    """Write JSON with one text a line, so that a diff shows which text changed.

    Everything beyond ASCII is escaped: a fixture about characters should not depend on editors.
    """
    fields = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in header.items()]
    for key, entries in (("texts", texts), ("special_literals", literals)):
        lines = ",\n".join("  " + json.dumps(item) for item in entries)
        fields.append(f"{json.dumps(key)}: [\n{lines}\n]")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{\n" + ",\n".join(fields) + "\n}\n", encoding="ascii")


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--model-dir",
        type=Path,
        default=ROOT / "model-store/models/inquiry-classifier/1.0.0",
        help="folder with model.onnx and tokenizer.json",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=ROOT / "test/fixtures/python-reference.json",
        help="the fixture",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
