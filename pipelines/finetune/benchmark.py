"""The same training on public sets: BANKING77 (Casanueva et al. 2020) and CLINC150 (Larson et al. 2019), official splits.

    python benchmark.py --set clinc150 --data ../../../shared/data --seeds 0 1 2

Prints one line of JSON for each seed and network, with and without n-grams beside it: accuracy and macro-F1 on test, expected
calibration error, and for CLINC150 the AUROC of scores that tell its out-of-scope texts, which are never trained on.
Temperature, share of the n-grams and that score are chosen on validation; BANKING77 has no such split and gets those that --held-out found.
A run that broke off goes on when it is run again.
With --held-out a seventh of the training texts stands for the test split, for choosing recipes.
"""

import argparse
import csv
import hashlib
import json
import random
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import f1_score, roc_auc_score

from chain import Chain, train_chain
from classifier import Classifier, score
from data_set import Split
from encoder_file import read_encoder
from export import sha256
from finetune import BASE, ROOT, choose_device
from ngrams import NgramRegression
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
SHARES = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
PROGRESS_TEXTS = 200
BINS = 15
SEVENTH = 7


@dataclass(frozen=True)
class Calibration:
    """What is chosen on validation: a temperature, and how much the n-grams' logits count beside the network's."""

    temperature: float
    share: float = 0.0


@dataclass(frozen=True)
class PublicSet:
    """Labelled texts, and texts of no class for validation and test; `known` is there where nothing is left to choose on."""

    classes: int
    train: Split
    validation: Split
    test: Split
    validation_others: list[str]
    test_others: list[str]
    known: dict[str, Calibration] | None = None

    def asked(self) -> dict[str, list[str]]:
        """The texts that networks are asked about."""
        return {
            "validation": self.validation.texts,
            "test": self.test.texts,
            "validation_others": self.validation_others,
            "test_others": self.test_others,
        }


Answers = dict[str, np.ndarray]  # logits [texts, classes] of what is asked


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
    regression = NgramRegression(public.train.texts, public.train.labels)
    of_ngrams = answer(public, regression.logits)
    for seed in options.seeds:
        started = time.monotonic()
        trained = train_chain(
            chain,
            seed=seed,
            work=make_work(options, recipe, seed),
            on_epoch=lambda *found: print(*found, file=sys.stderr),
        )
        seconds = round(time.monotonic() - started, 1)
        networks = {"teacher": trained.teachers[:1], "student": [trained.model]}
        if recipe.teachers > 1:
            networks[f"mean of {recipe.teachers} teachers"] = trained.teachers
        for name, models in networks.items():
            own = answer(
                public,
                lambda texts, models=models: mean_logits(models, tokenizer.encode(texts), device),
            )
            for ngrams in (False, True):
                found = measure(own, of_ngrams if ngrams else None, public)
                line = {
                    "set": options.set,
                    "seed": seed,
                    "network": name,
                    "ngrams": ngrams,
                    **found,
                }
                print(json.dumps(line), flush=True)
        print(f"seed {seed}: {seconds} s", file=sys.stderr)


def answer(public: PublicSet, logits_of: Callable[[list[str]], np.ndarray]) -> Answers:
    """What is said of each text."""
    return {name: logits_of(texts) for name, texts in public.asked().items() if texts}


def beside(own: Answers, ngrams: Answers, share: float) -> Answers:
    """The network's logits and this share of the n-grams'."""
    return {name: logits + share * ngrams[name] for name, logits in own.items()}


def mean_logits(
    models: list[Classifier], token_ids: list[list[int]], device: torch.device
) -> np.ndarray:
    """Mean of the networks' logits."""
    return np.mean([score(each, token_ids, device)[0].numpy() for each in models], axis=0)


def make_work(options: argparse.Namespace, recipe: Recipe, seed: int) -> Path:
    """Folder of what a training that broke off needs to go on; another training has another."""
    training = [
        options.set,
        options.held_out,
        seed,
        options.threads,
        sha256(options.base / "model.onnx"),
        asdict(recipe),
    ]
    name = hashlib.sha256(json.dumps(training).encode()).hexdigest()[:16]
    work = options.work / name
    work.mkdir(parents=True, exist_ok=True)
    return work


def measure(own: Answers, ngrams: Answers | None, public: PublicSet) -> dict[str, float]:
    """All figures of a network, alone or beside n-grams."""
    calibration = (
        public.known["beside n-grams" if ngrams else "alone"]
        if public.known
        else calibrate(own, ngrams, public.validation.labels)
    )
    answers = beside(own, ngrams, calibration.share) if ngrams else own
    logits, labels = answers["test"], np.array(public.test.labels)
    found = {
        "accuracy": float((logits.argmax(axis=1) == labels).mean()),
        "macroF1": float(f1_score(labels, logits.argmax(axis=1), average="macro")),
        "expectedCalibrationError": calibration_error(
            softmax(logits / calibration.temperature), labels
        ),
        **asdict(calibration),
    }
    if "test_others" in answers:
        found |= {f"auroc.{name}": separation(answers, "test", name) for name in SCORES}
    rounded = {name: round(value, 5) for name, value in found.items()}
    if "validation_others" in answers:
        chosen = max(SCORES, key=lambda name: separation(answers, "validation", name))
        rounded |= {"chosenScore": chosen}
    return rounded


def separation(answers: Answers, split: str, score_name: str) -> float:
    """Area under the ROC curve of a score that tells texts of a class from texts of none."""
    score_of = SCORES[score_name]
    inside, outside = (score_of(answers[name]) for name in (split, f"{split}_others"))
    truth = [1] * len(inside) + [0] * len(outside)
    return float(roc_auc_score(truth, np.concatenate([inside, outside])))


def calibrate(own: Answers, ngrams: Answers | None, labels: list[int]) -> Calibration:
    """Temperature and share with the least log loss on validation."""
    trials = []
    for share in SHARES if ngrams else (0.0,):
        logits = (beside(own, ngrams, share) if ngrams else own)["validation"]
        temperature, loss = fit_temperature(logits, labels)
        trials.append((loss, Calibration(temperature, share)))
    return min(trials, key=lambda trial: trial[0])[1]


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


def fit_temperature(logits: np.ndarray, labels: list[int]) -> tuple[float, float]:
    """The temperature with the least log loss (Guo et al. 2017), of 80 between 0.3 and 4, and that loss."""
    rows = np.arange(len(labels))
    candidates = np.exp(np.linspace(np.log(0.3), np.log(4), 80))
    losses = [-np.log(softmax(logits / each)[rows, labels] + 1e-12).mean() for each in candidates]
    best = int(np.argmin(losses))
    return float(candidates[best]), float(losses[best])


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
    return PublicSet(len(index), train, shown, split["test"], [], [], BANKING77_CALIBRATION)


def read_clinc150(folder: Path) -> PublicSet:
    """CLINC150, full."""
    content = json.loads((folder / "clinc150" / "data_full.json").read_text(encoding="utf-8"))
    index = {name: place for place, name in enumerate(sorted({b for _, b in content["train"]}))}
    train, validation, test = (
        Split([text for text, _ in content[name]], [index[label] for _, label in content[name]])
        for name in ("train", "val", "test")
    )
    others = ([text for text, _ in content[name]] for name in ("oos_val", "oos_test"))
    return PublicSet(len(index), train, validation, test, *others)


def hold_out(public: PublicSet) -> PublicSet:
    """The set without its test split: a seventh of the training texts stands for it."""
    kept, held = divide(public.train, SEVENTH)
    return PublicSet(public.classes, kept, held, held, [], [])


def divide(split: Split, parts: int) -> tuple[Split, Split]:
    """All but one part in `parts`, and that part; drawn by a fixed seed."""
    order = list(range(len(split.texts)))
    random.Random(5).shuffle(order)
    count = len(order) // parts
    return tuple(
        Split([split.texts[i] for i in chosen], [split.labels[i] for i in chosen])
        for chosen in (order[count:], order[:count])
    )


BANKING77_CALIBRATION = {"alone": Calibration(0.659), "beside n-grams": Calibration(0.659, 0.0)}
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
    add("--work", type=Path, default=ROOT / ".cache" / "finetune", metavar="DIR")
    return parser.parse_args()


if __name__ == "__main__":
    main()
