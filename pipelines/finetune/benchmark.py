"""The same training on public sets: BANKING77 (Casanueva et al. 2020) and CLINC150 (Larson et al. 2019), official splits.

    python benchmark.py --set clinc150 --data ../../../shared/data --seeds 0 1 2

Prints one line of JSON for each seed and network: accuracy and macro-F1 on test, expected calibration error, and for CLINC150
the AUROC of scores that tell its out-of-scope texts, which are never trained on. The temperature is fitted on validation;
BANKING77 has no such split and gets the temperature that --held-out found.
With --held-out a seventh of the training texts stands for the test split, for choosing recipes.
"""

import argparse
import csv
import json
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import f1_score, roc_auc_score

from chain import Chain, train_chain
from classifier import Classifier, score
from data_set import Split
from encoder_file import read_encoder
from finetune import BASE, choose_device
from recipe import Recipe, merge
from tokens import Tokenizer

RECIPES = {
    "banking77": {
        "teacher": {"epochs": 6, "learning_rate": 1.5e-4, "batch_size": 32, "noise": 0.5},
        "student": {"epochs": 12, "noise": 0.5},
        "bfloat16": False,
    },
    "clinc150": {
        "teacher": {"epochs": 4, "learning_rate": 1e-4, "batch_size": 32, "noise": 0.0},
        "student": {"epochs": 10},
        "bfloat16": False,
    },
}
BANKING77_TEMPERATURE = 0.659
PROGRESS_TEXTS = 200
BINS = 15
SEVENTH = 7


@dataclass(frozen=True)
class PublicSet:
    """Splits; `others` are texts of no class, from the test split; without `temperature` it is fitted on validation."""

    classes: int
    train: Split
    validation: Split
    test: Split
    others: list[str]
    temperature: float | None = None


def main() -> None:
    """Train and measure, seed by seed."""
    options = parse_arguments()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    device = choose_device(options.device)
    public = READERS[options.set](options.data)
    if options.held_out:
        public = hold_out(public)
    recipe = merge(Recipe(), RECIPES[options.set], options.set)
    if options.recipe:
        recipe = merge(recipe, json.loads(options.recipe.read_text()), str(options.recipe))
    tokenizer = Tokenizer(options.base / "tokenizer.json", recipe.max_tokens)
    weights = read_encoder(options.base / "model.onnx")
    chain = Chain(
        weights, tokenizer, recipe, public.classes, public.train, public.validation, device
    )
    for seed in options.seeds:
        started = time.monotonic()
        trained = train_chain(
            chain, seed=seed, on_epoch=lambda *found: print(*found, file=sys.stderr)
        )
        seconds = round(time.monotonic() - started, 1)
        networks = {"teacher": trained.teachers[:1], "student": [trained.model]}
        if recipe.teachers > 1:
            networks[f"mean of {recipe.teachers} teachers"] = trained.teachers
        for name, models in networks.items():
            found = measure(models, public, tokenizer, device)
            print(
                json.dumps({"set": options.set, "seed": seed, "network": name, **found}), flush=True
            )
        print(f"seed {seed}: {seconds} s", file=sys.stderr)


def measure(
    models: list[Classifier], public: PublicSet, tokenizer: Tokenizer, device: torch.device
) -> dict[str, float]:
    """All figures of the mean of some networks' logits."""

    def logits_of(texts: list[str]) -> np.ndarray:
        token_ids = tokenizer.encode(texts)
        return np.mean([score(each, token_ids, device)[0].numpy() for each in models], axis=0)

    logits, labels = logits_of(public.test.texts), np.array(public.test.labels)
    validation = public.validation
    temperature = public.temperature or fit_temperature(
        logits_of(validation.texts), validation.labels
    )
    found = {
        "accuracy": float((logits.argmax(axis=1) == labels).mean()),
        "macroF1": float(f1_score(labels, logits.argmax(axis=1), average="macro")),
        "expectedCalibrationError": calibration_error(softmax(logits / temperature), labels),
        "temperature": temperature,
    }
    if public.others:
        others = logits_of(public.others)
        truth = [1] * len(logits) + [0] * len(others)
        for name, of in SCORES.items():
            found[f"auroc.{name}"] = float(roc_auc_score(truth, [*of(logits), *of(others)]))
    return {name: round(value, 5) for name, value in found.items()}


def energy(logits: np.ndarray) -> np.ndarray:
    """Log of the sum of exponentials (Liu et al. 2020, with the sign turned: high in scope)."""
    most = logits.max(axis=1, keepdims=True)
    return (np.log(np.exp(logits - most).sum(axis=1, keepdims=True)) + most)[:, 0]


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities [texts, classes]."""
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


SCORES = {
    "probability": lambda logits: softmax(logits).max(axis=1),
    "logit": lambda logits: logits.max(axis=1),
    "energy": energy,
}


def fit_temperature(logits: np.ndarray, labels: list[int]) -> float:
    """The temperature with the least log loss (Guo et al. 2017), of 80 between 0.3 and 4."""
    rows = np.arange(len(labels))
    candidates = np.exp(np.linspace(np.log(0.3), np.log(4), 80))
    losses = [-np.log(softmax(logits / each)[rows, labels] + 1e-12).mean() for each in candidates]
    return float(candidates[int(np.argmin(losses))])


def calibration_error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Expected calibration error in 15 equal bins (Guo et al. 2017)."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [abs(confidence[bins == b].mean() - right[bins == b].mean()) for b in np.unique(bins)]
    shares = [(bins == b).mean() for b in np.unique(bins)]
    return float(np.dot(gaps, shares))


def read_banking77(folder: Path) -> PublicSet:
    """BANKING77. It has no validation split: training texts stand there, for the progress line alone."""
    rows = {
        name: list(csv.DictReader((folder / "banking77" / f"{name}.csv").open(encoding="utf-8")))
        for name in ("train", "test")
    }
    index = {
        name: place for place, name in enumerate(sorted({r["category"] for r in rows["train"]}))
    }
    split = {
        name: Split([r["text"] for r in found], [index[r["category"]] for r in found])
        for name, found in rows.items()
    }
    train = split["train"]
    shown = Split(train.texts[:PROGRESS_TEXTS], train.labels[:PROGRESS_TEXTS])
    return PublicSet(len(index), train, shown, split["test"], [], BANKING77_TEMPERATURE)


def read_clinc150(folder: Path) -> PublicSet:
    """CLINC150, full."""
    content = json.loads((folder / "clinc150" / "data_full.json").read_text(encoding="utf-8"))
    index = {name: place for place, name in enumerate(sorted({b for _, b in content["train"]}))}
    train, validation, test = (
        Split([text for text, _ in content[name]], [index[label] for _, label in content[name]])
        for name in ("train", "val", "test")
    )
    return PublicSet(len(index), train, validation, test, [text for text, _ in content["oos_test"]])


def hold_out(public: PublicSet) -> PublicSet:
    """The set without its test split: a seventh of the training texts stands for it."""
    kept, held = divide(public.train, SEVENTH)
    return PublicSet(public.classes, kept, held, held, [])


def divide(split: Split, parts: int) -> tuple[Split, Split]:
    """All but one part in `parts`, and that part; drawn by a fixed seed."""
    order = list(range(len(split.texts)))
    random.Random(5).shuffle(order)
    count = len(order) // parts
    return tuple(
        Split([split.texts[i] for i in chosen], [split.labels[i] for i in chosen])
        for chosen in (order[count:], order[:count])
    )


READERS = {"banking77": read_banking77, "clinc150": read_clinc150}


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--set", choices=READERS, required=True)
    add(
        "--data", type=Path, required=True, metavar="DIR", help="folder with banking77 and clinc150"
    )
    add("--seeds", type=int, nargs="+", default=[0])
    add("--held-out", action="store_true", help="leave the test split alone")
    add("--base", type=Path, default=BASE, metavar="DIR", help="encoder to start from")
    add("--recipe", type=Path, metavar="FILE", help="JSON with what differs from the set's recipe")
    add("--device", choices=("auto", "cpu", "cuda"), default="auto")
    add("--threads", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
