"""Writes the folder that `pipelines import` takes."""

import hashlib
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from classifier import Classifier
from data_set import DataSet
from encoder_file import build_classifier
from tokens import Tokenizer

sys.path += [str(Path(__file__).resolve().parent.parent / name) for name in ("encoder", "import")]
from export_parity import write_parity
from quantization import quantize

COPIED = ("tokenizer.json", "tokenizer_config.json", "LICENSE")
REFERENCE_TEXTS = 64


@dataclass(frozen=True)
class Exported:
    """Both ONNX files of a classifier: products in float32, and in int8, which is the one that is served."""

    float32: Path
    int8: Path


def export(model: Classifier, directory: Path, float32: Path) -> Exported:
    """Write the classifier as ONNX: into the folder as it is served, and in float32 for comparison."""
    directory.mkdir(parents=True, exist_ok=True)
    graph = build_classifier(model.encoder.to_weights(), *model.head.folded())
    exported = Exported(float32, directory / "model.onnx")
    onnx.save(graph, exported.float32)
    quantize(graph, exported.int8)
    return exported


def write_companions(directory: Path, base: Path, model: Classifier, data: DataSet) -> None:
    """What a Hugging Face model has beside its graph."""
    for name in COPIED:
        if (base / name).exists():
            shutil.copyfile(base / name, directory / name)
    config = model.encoder.weights.config
    write_json(
        directory / "config.json",
        {
            "architectures": ["BertForSequenceClassification"],
            "model_type": "bert",
            "hidden_size": config.hidden_size,
            "num_hidden_layers": len(model.encoder.layers),
            "num_attention_heads": config.heads,
            "intermediate_size": config.feed_forward_size,
            "vocab_size": config.embedding_rows,
            "max_position_embeddings": config.positions,
            "prefix": "",
            "pooling": "mean, L2-normalized, inside the graph (output sentence_embedding)",
            "problem_type": "single_label_classification",
            "upstream": f"{upstream_of(base)}; fine-tuned on {data.name} {data.version} by pipelines/finetune",
            "id2label": {str(index): label for index, label in enumerate(data.classes)},
            "label2id": {label: index for index, label in enumerate(data.classes)},
        },
    )


def upstream_of(base: Path) -> str:
    """Where the encoder comes from that training began with."""
    return json.loads((base / "config.json").read_text(encoding="utf-8")).get("upstream", base.name)


def write_references(directory: Path, texts: list[str], tokenizer: Tokenizer) -> None:
    """Tokens and logits as Python has them, for `pipelines import` to compare with the service's."""
    write_parity(directory, texts, prefix="")
    chosen = texts[:REFERENCE_TEXTS]
    logits = run_onnx(directory / "model.onnx", tokenizer.encode(chosen))
    write_json(
        directory / "logits_parity.json",
        {
            "onnxruntime": onnxruntime.__version__,
            "model_sha256": sha256(directory / "model.onnx"),
            "texts": [
                {"text": text, "logits": [round(float(value), 5) for value in row]}
                for text, row in zip(chosen, logits, strict=True)
            ],
        },
    )


def run_onnx(path: Path, token_ids: list[list[int]], output: str = "logits") -> np.ndarray:
    """An output with one thread, one text a run and exact int8 sums, as the service computes it. float32 [texts, classes or hidden]."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    rows = []
    for ids in token_ids:
        inputs = {"input_ids": np.array([ids]), "attention_mask": np.ones((1, len(ids)), np.int64)}
        rows.append(session.run([output], inputs)[0][0])
    return np.stack(rows)


def sha256(path: Path) -> str:
    """Hexadecimal digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_json(path: Path, value: object) -> None:
    """Readable, the same bytes for the same value."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
