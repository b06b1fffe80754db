"""The trimmed vocabulary: which pieces are kept, and the tokenizer that knows only those.

The full tokenizer has 250,002 pieces for a hundred languages; ours keeps those that European
languages need. A committed tokenizer.json is itself the list of kept pieces, so no corpus is needed:
each piece is looked up in the full tokenizer and gets the number of its place in the list.
"""

import json
from pathlib import Path

Tokenizer = dict  # the parsed content of a tokenizer.json, model type Unigram


def pieces_of(tokenizer: Tokenizer) -> list[str]:
    """The pieces in the order of their ids."""
    return [piece for piece, _score in tokenizer["model"]["vocab"]]


def find_ids(pieces: list[str], full: Tokenizer) -> list[int]:
    """For each kept piece its id in the full tokenizer: where its embedding row lies."""
    id_by_piece = {piece: number for number, piece in enumerate(pieces_of(full))}
    unknown = [piece for piece in pieces if piece not in id_by_piece]
    if unknown:
        raise ValueError(
            f"{len(unknown)} kept pieces are not in the full tokenizer, the first is {unknown[0]!r}"
        )
    return [id_by_piece[piece] for piece in pieces]


def trim(full: Tokenizer, kept_ids: list[int]) -> Tokenizer:
    """The full tokenizer with the kept pieces only; every id in it is re-numbered.

    Normalizer, pre-tokenizer, decoder and the pieces' scores stay as they are. Special tokens that
    are not kept disappear: `<mask>` is of no use to an encoder.
    """
    new_id = {old: new for new, old in enumerate(kept_ids)}
    model = full["model"]
    processor = full["post_processor"]
    return {
        **full,
        "added_tokens": [
            {**token, "id": new_id[token["id"]]}
            for token in full["added_tokens"]
            if token["id"] in new_id
        ],
        "post_processor": {
            **processor,
            "special_tokens": {
                name: {**token, "ids": [new_id[old] for old in token["ids"]]}
                for name, token in processor["special_tokens"].items()
            },
        },
        "model": {
            **model,
            "unk_id": new_id[model["unk_id"]],
            "vocab": [model["vocab"][old] for old in kept_ids],
        },
    }


def read_tokenizer(path: Path) -> Tokenizer:
    """Read a tokenizer.json."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_tokenizer(tokenizer: Tokenizer, path: Path) -> None:
    """Write a tokenizer.json in the committed file's form: one line, no spaces, characters unescaped."""
    path.write_text(
        json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")),
        encoding="utf-8",
    )
