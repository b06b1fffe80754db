"""The same training on public sets (public_sets.py), official splits.

    python benchmark.py --set clinc150 --data ../../../shared/data --seeds 0 1 2

Prints one line of JSON for each seed and network, with and without n-grams beside it: accuracy and macro-F1 on test, expected
calibration error, and for CLINC150 the AUROC of scores that tell its out-of-scope texts. Those are never trained on, or with
--own-class, its hundred training texts are, as a class of their own.
Temperature, share of the n-grams, the mixture of scores and the best score are chosen on validation; BANKING77 has no such split: it gets the
temperature that --held-out found, and no n-grams, whose share nothing has measured. A run that broke off goes on when it is run again.
With --held-out a seventh of the training texts stands for the test split, for choosing recipes.
"""

import argparse
import hashlib
import json
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import f1_score

from calibration import Calibration, calibration_error, fit_temperature, softmax
from chain import Chain, train_chain
from classifier import Classifier, score
from command import run_command
from encoder_file import read_encoder
from export import sha256
from finetune import BASE, ROOT, choose_device
from ngrams import NgramRegression
from out_of_scope import Answer, ClassMeans, mix, scores_of, separation
from public_sets import READERS, PublicSet, hold_out, with_own_class
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

Answers = dict[str, Answer]


def main() -> None:
    """Train and measure, seed by seed."""
    options = parse_arguments()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    device = choose_device(options.device)
    public = READERS[options.set](options.data)
    if options.held_out:
        public = hold_out(public)
    if options.own_class:
        public = with_own_class(public)
    recipe = merge(Recipe(), RECIPES[options.set], options.set).changed_by(options.recipe)
    tokenizer = Tokenizer(options.base / "tokenizer.json", recipe.max_tokens)
    weights = read_encoder(options.base / "model.onnx")
    recipe.check(layers=weights.config.layers, positions=weights.config.positions)
    chain = Chain(
        weights, tokenizer, recipe, public.classes, public.train, public.validation, device
    )
    regression = NgramRegression(public.train.texts, public.train.labels)
    of_ngrams = {name: regression.logits(texts) for name, texts in public.asked().items()}
    for seed in options.seeds:
        started = time.monotonic()
        trained = train_chain(
            chain,
            seed=seed,
            work=make_work(options, recipe, seed),
            on_epoch=lambda *found: print(*found, file=sys.stderr),
        )
        seconds = round(time.monotonic() - started, 1)
        teachers = [ask(each, public, tokenizer, device) for each in trained.teachers]
        networks = {
            "teacher": teachers[0],
            "student": ask(trained.model, public, tokenizer, device),
        }
        if recipe.teachers > 1:
            networks[f"mean of {recipe.teachers} teachers"] = mean_of(teachers)
        for name, own in networks.items():
            for ngrams in (False,) if public.known else (False, True):
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


def ask(
    model: Classifier, public: PublicSet, tokenizer: Tokenizer, device: torch.device
) -> Answers:
    """What a network says of each text, with distances where there are texts of no class to be told by them."""

    def look(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        logits, features = score(model, tokenizer.encode(texts), device)
        return logits.numpy(), features.numpy().astype(np.float64)

    means = None
    if public.test_others:
        labels = np.array(public.train.labels)
        inside = labels < public.known_classes
        means = ClassMeans(look(public.train.texts)[1][inside], labels[inside])
    answers = {}
    for name, texts in public.asked().items():
        logits, features = look(texts)
        answers[name] = Answer(logits, means and means.nearness(features), public.own_class)
    return answers


def mean_of(networks: list[Answers]) -> Answers:
    """Mean of what several networks say of each text."""
    return {name: Answer.mean([answers[name] for answers in networks]) for name in networks[0]}


def beside(own: Answers, ngrams: dict[str, np.ndarray], share: float) -> Answers:
    """The network's logits and this share of the n-grams'."""
    return {
        name: replace(answer, logits=answer.logits + share * ngrams[name])
        for name, answer in own.items()
    }


def make_work(options: argparse.Namespace, recipe: Recipe, seed: int) -> Path:
    """Folder of what a training that broke off needs to go on; another training has another."""
    training = [
        options.set,
        options.held_out,
        options.own_class,
        seed,
        options.threads,
        sha256(options.base / "model.onnx"),
        asdict(recipe),
    ]
    name = hashlib.sha256(json.dumps(training).encode()).hexdigest()[:16]
    work = options.work / name
    work.mkdir(parents=True, exist_ok=True)
    return work


def measure(
    own: Answers, ngrams: dict[str, np.ndarray] | None, public: PublicSet
) -> dict[str, float | str]:
    """All figures of a network, alone or beside n-grams."""
    calibration = public.known or calibrate(own, ngrams, public.validation.labels)
    answers = beside(own, ngrams, calibration.share) if ngrams else own
    logits, labels = answers["test"].logits, np.array(public.test.labels)
    found = {
        "accuracy": float((logits.argmax(axis=1) == labels).mean()),
        "macroF1": float(
            f1_score(
                labels, logits.argmax(axis=1), labels=range(public.known_classes), average="macro"
            )
        ),
        "expectedCalibrationError": calibration_error(
            softmax(logits / calibration.temperature), labels
        ),
        **asdict(calibration),
    }
    if "test_others" in answers:
        found |= measure_rejection(answers)
    return {
        name: round(value, 5) if isinstance(value, float) else value
        for name, value in found.items()
    }


def measure_rejection(answers: Answers) -> dict[str, float | str | dict[str, float]]:
    """AUROC of each score on test, and the score that is best on validation."""
    validation = answers["validation"], answers["validation_others"]
    mixture = mix(*validation)
    scores = scores_of(answers["test"]) | {"mixture": mixture}
    tried = {name: separation(score, *validation) for name, score in scores.items()}
    test = answers["test"], answers["test_others"]
    return {
        **{f"auroc.{name}": separation(score, *test) for name, score in scores.items()},
        "mixture": mixture.weights,
        "chosenScore": max(tried, key=tried.get),
    }


def calibrate(own: Answers, ngrams: dict[str, np.ndarray] | None, labels: list[int]) -> Calibration:
    """Temperature and share with the least log loss on validation."""
    trials = []
    for share in SHARES if ngrams else (0.0,):
        logits = (beside(own, ngrams, share) if ngrams else own)["validation"].logits
        temperature, loss = fit_temperature(logits, labels)
        trials.append((loss, Calibration(temperature, share)))
    return min(trials, key=lambda trial: trial[0])[1]


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
    add("--own-class", action="store_true", help="train texts of no class as one more class")
    add("--base", type=Path, default=BASE, metavar="DIR", help="encoder to start from")
    add("--recipe", type=Path, metavar="FILE", help="JSON with what differs from the set's recipe")
    add("--device", choices=("auto", "cpu", "cuda"), default="auto")
    add("--threads", type=int, default=2)
    add("--work", type=Path, default=ROOT / ".cache" / "finetune", metavar="DIR")
    return parser.parse_args()


if __name__ == "__main__":
    run_command(main)
