"""What each kind of noise in the training texts is worth.

    python ablation.py --data ../../data/inquiries/1.3.0 --seeds 0 1

Trains the student's layers without a teacher on clean texts, with each kind of noise alone, and with all kinds, half of the
texts noisy in each epoch. Prints one line of JSON for each: accuracy on validation in scope, and on all of validation with
every text noisy. Some ten minutes a line on two cores.
"""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import torch

from augmentation import KINDS, Augmenter
from classifier import Classifier, fit_head, score
from command import run_command
from data_set import OUT_OF_SCOPE, DataSet, read_data_set
from encoder_file import EncoderWeights, read_encoder
from finetune import BASE, ROOT, choose_arithmetic, choose_device
from recipe import Recipe
from text_encoder import TextEncoder
from tokens import Tokenizer
from training import Material, train

NOISE = 0.5
SEED_OF_NOISE = 99  # of the validation texts, which are the same for all
SETTINGS = {"none": None, **{kind: (kind,) for kind in KINDS}, "all": ()}


def main() -> None:
    """Train and measure, setting by setting."""
    options = parse_arguments()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    device = choose_device(options.device)
    recipe = choose_arithmetic(Recipe().changed_by(options.recipe), device)
    data = read_data_set(options.data, options.taxonomy)
    weights = read_encoder(options.base / "model.onnx")
    recipe.check(layers=weights.config.layers, positions=weights.config.positions)
    tokenizer = Tokenizer(options.base / "tokenizer.json", recipe.max_tokens)
    for seed in options.seeds:
        for name in options.noise or SETTINGS:
            kinds = SETTINGS[name]
            stage = dataclasses.replace(
                recipe.student,
                epochs=options.epochs,
                noise=0.0 if kinds is None else NOISE,
                noise_kinds=kinds or (),
            )
            trial = dataclasses.replace(recipe, student=stage)
            found = measure(weights, tokenizer, data, trial, seed, device)
            print(json.dumps({"noise": name, "seed": seed, **found}), flush=True)


def measure(
    weights: EncoderWeights,
    tokenizer: Tokenizer,
    data: DataSet,
    recipe: Recipe,
    seed: int,
    device: torch.device,
) -> dict[str, float]:
    """Train one network; returns its shares of right answers on validation."""
    encoder = TextEncoder(weights, recipe.student_layers, recipe.student.encoder_dropout).to(device)
    head = fit_head(
        encoder,
        tokenizer.encode(data.train.texts),
        data.train.labels,
        len(data.classes),
        inverse_regularization=recipe.inverse_regularization,
        dropout=recipe.student.head_dropout,
        device=device,
    )
    model = Classifier(encoder, head)
    validation = data.validation
    material = Material(
        data.train.texts,
        data.train.labels,
        tokenizer.encode(validation.texts),
        validation.labels,
        tokenizer,
        device,
        recipe.bfloat16,
    )
    train(
        model,
        material,
        recipe.student,
        name="network",
        seed=seed,
        on_epoch=lambda *found: print(*found, file=sys.stderr),
    )

    def right(texts: list[str]) -> np.ndarray:
        logits, _ = score(model, tokenizer.encode(texts), device)
        return logits.argmax(dim=1).numpy() == np.array(validation.labels)

    random = np.random.default_rng(SEED_OF_NOISE)
    in_scope = np.array([data.classes[label] != OUT_OF_SCOPE for label in validation.labels])
    return {
        "inScope": round(float(right(validation.texts)[in_scope].mean()), 4),
        "allNoisy": round(
            float(right(Augmenter().write_otherwise(validation.texts, 1.0, random)).mean()), 4
        ),
    }


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="data-set version")
    add("--noise", choices=SETTINGS, nargs="+", help="some settings only")
    add("--epochs", type=int, default=5)
    add("--seeds", type=int, nargs="+", default=[0])
    add("--taxonomy", type=Path, default=ROOT / "data" / "taxonomy.json", metavar="FILE")
    add("--base", type=Path, default=BASE, metavar="DIR", help="encoder to start from")
    add("--recipe", type=Path, metavar="FILE", help="JSON with what differs from recipe.py")
    add("--device", choices=("auto", "cpu", "cuda"), default="auto")
    add("--threads", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    run_command(main)
