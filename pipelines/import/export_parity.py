"""Writes tokenizer_parity.json: the tokens that Python's tokenizer gives, for `pipelines import` to compare.

    pip install tokenizers
    python pipelines/import/export_parity.py DIR --texts data/inquiries/1.1.0/validation.jsonl

DIR has the tokenizer.json that the model was trained with. The texts are those of hard-texts.json and,
with --texts, those of JSON lines with a field "text". A special token that is written in a text counts
as text, as it does in the service.
"""

import argparse
import hashlib
import json
from importlib.metadata import version
from pathlib import Path

from tokenizers import Tokenizer

HARD_TEXTS = Path(__file__).resolve().parent / "hard-texts.json"


def main() -> None:
    """Write the file into the model's folder."""
    options = parse_arguments()
    target, count = write_parity(options.directory, read_texts(options.texts), options.prefix)
    print(f"{target}: {count} texts")


def write_parity(directory: Path, texts: list[str], prefix: str) -> tuple[Path, int]:
    """Write the tokens of these texts and the hard ones; returns the file and how many texts there are."""
    path = directory / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    texts = texts + json.loads(HARD_TEXTS.read_text(encoding="utf-8"))
    parity = {
        "tokenizers": version("tokenizers"),
        "tokenizer_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "prefix": prefix,
        "texts": [{"text": text, "ids": tokenizer.encode(prefix + text).ids} for text in texts],
    }
    target = directory / "tokenizer_parity.json"
    target.write_text(json.dumps(parity, ensure_ascii=True) + "\n", encoding="ascii")
    return target, len(texts)


def read_texts(files: list[Path]) -> list[str]:
    """Texts of files of JSON lines."""
    lines = [line for file in files for line in file.read_text(encoding="utf-8").split("\n")]
    return [json.loads(line)["text"] for line in lines if line]


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("directory", type=Path, metavar="DIR")
    parser.add_argument("--texts", type=Path, nargs="*", default=[], metavar="FILE")
    parser.add_argument("--prefix", default="", help="put before each text (default none)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
