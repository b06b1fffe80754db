"""Fine-tunes an encoder on a data set, distils it to fewer layers, and writes what `pipelines import` takes.

    python finetune.py --data ../../data/inquiries/1.3.0 --output ../../.cache/finetuned

A run that broke off is run again with the same options and goes on with the epoch after the last whole one. With the same data,
recipe, seed, versions and number of threads a CPU gives the same model, bit for bit; a GPU need not.
"""

import argparse
import hashlib
import json
import shutil
import sys
import time
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path

import torch

from arithmetic import bfloat16_pays
from chain import Chain, train_chain
from command import run_command
from data_set import read_data_set
from encoder_file import read_encoder
from export import export, sha256, write_companions, write_json, write_references
from parity import check_parity
from recipe import Recipe
from tokens import Tokenizer

RECORD_FILE = "training.json"
ROOT = Path(__file__).resolve().parents[2]
BASE = ROOT / "model-store" / "models" / "inquiry-classifier" / "1.1.0"


def main() -> None:
    """Run the whole chain."""
    run(parse_arguments())


def run(options: argparse.Namespace) -> None:
    """Read, train, export, compare, write."""
    started = time.monotonic()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    device = choose_device(options.device)
    output = options.output.resolve()
    refuse_foreign(output)
    recipe = choose_arithmetic(Recipe().changed_by(options.recipe), device)
    data = read_data_set(options.data, options.taxonomy)
    weights = read_encoder(options.base / "model.onnx")
    recipe.check(layers=weights.config.layers, positions=weights.config.positions)
    tokenizer = Tokenizer(options.base / "tokenizer.json", recipe.max_tokens)
    record = {
        "recipe": asdict(recipe),
        "seed": options.seed,
        "data": {"name": data.name, "version": data.version, "digest": data.digest},
        "base": {
            "path": options.base.name,
            "sha256": sha256(options.base / "model.onnx"),
            "tokenizer_sha256": sha256(options.base / "tokenizer.json"),
        },
        "classes": data.classes,
        "code": code_digest(),
        "device": describe(device),
        "versions": {
            name: version(name) for name in ("torch", "onnx", "onnxruntime", "tokenizers")
        },
    }
    # Another training does not go on where this one was.
    fingerprint = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:16]
    work = options.work / fingerprint
    work.mkdir(parents=True, exist_ok=True)

    result = train_chain(
        Chain(weights, tokenizer, recipe, len(data.classes), data.train, data.validation, device),
        seed=options.seed,
        work=work,
        on_epoch=lambda stage, epoch, found: print(
            f"{stage}, epoch {epoch}: loss {found['loss']:.4f}, "
            f"validation accuracy {100 * found['accuracy']:.2f} %",
            file=sys.stderr,
        ),
    )

    # The folder appears complete, and only when its answers are the network's.
    unfinished = work / "network"
    shutil.rmtree(unfinished, ignore_errors=True)
    network = result.model.cpu()  # a GPU rounds its products otherwise than the file's engine
    exported = export(network, unfinished, work / "float32.onnx")
    parity = check_parity(network, exported, tokenizer.encode(data.validation.texts))
    write_companions(unfinished, options.base, network, data)
    whole = Tokenizer(options.base / "tokenizer.json", weights.config.positions)
    write_references(unfinished, data.validation.texts, whole)
    record |= {
        "history": result.history,
        "parity": parity,
        "seconds": round(time.monotonic() - started, 1),
    }
    write_json(unfinished / RECORD_FILE, record)
    shutil.rmtree(output, ignore_errors=True)
    shutil.move(unfinished, output)
    print(json.dumps({"output": str(output), "parity": parity, "seconds": record["seconds"]}))


def refuse_foreign(output: Path) -> None:
    """A folder of ours is replaced as a whole; raises ValueError for one that holds something else."""
    if output.exists() and any(output.iterdir()) and not (output / RECORD_FILE).exists():
        raise ValueError(f"{output} holds something else than a fine-tuned network")


def choose_device(name: str) -> torch.device:
    """The GPU where there is one."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = True
    return torch.device(name)


def choose_arithmetic(recipe: Recipe, device: torch.device) -> Recipe:
    """The recipe with what it leaves to the machine decided, so that the record has it."""
    if recipe.bfloat16 is not None:
        return recipe
    return replace(recipe, bfloat16=bfloat16_pays(device))


def describe(device: torch.device) -> dict:
    """What the figures and the bits depend on."""
    if device.type == "cuda":
        return {"type": "cuda", "name": torch.cuda.get_device_name(device)}
    return {"type": "cpu", "threads": torch.get_num_threads()}


def code_digest() -> str:
    """SHA-256 over the modules that train and export."""
    home = Path(__file__).resolve().parent.parent
    files = {
        Path(module.__file__)
        for module in sys.modules.values()
        if getattr(module, "__file__", None)
    }
    digest = hashlib.sha256()
    for path in sorted(file for file in files if home in file.parents):
        digest.update(f"{path.relative_to(home)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="data-set version")
    add("--output", type=Path, required=True, metavar="DIR", help="folder to write")
    add("--taxonomy", type=Path, default=ROOT / "data" / "taxonomy.json", metavar="FILE")
    add("--base", type=Path, default=BASE, metavar="DIR", help="encoder to start from")
    add("--recipe", type=Path, metavar="FILE", help="JSON with what differs from recipe.py")
    add("--seed", type=int, default=0)
    add("--device", choices=("auto", "cpu", "cuda"), default="auto")
    add("--threads", type=int, default=2, help="of the CPU; another number, other bits (default 2)")
    add("--work", type=Path, default=ROOT / ".cache" / "finetune", metavar="DIR")
    return parser.parse_args()


if __name__ == "__main__":
    run_command(main)
