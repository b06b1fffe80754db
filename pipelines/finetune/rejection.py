"""How well each score tells the texts of no desk, on the validation split of a data set and by a fine-tuned network.

    python rejection.py --network ../../.cache/finetuned/1.3.0 --data ../../data/inquiries/1.3.0

Prints JSON with the AUROC of the scores in out_of_scope.py. The mixture's weights are chosen on one half and measured on the other, both ways.
"""

import argparse
import dataclasses
import json
from pathlib import Path
from statistics import fmean

import numpy as np

from command import run_command
from data_set import OUT_OF_SCOPE, Split, read_data_set
from export import run_onnx
from finetune import ROOT
from out_of_scope import Answer, ClassMeans, mix, scores_of, separation
from recipe import Recipe
from tokens import Tokenizer


def main() -> None:
    """Ask, score, print."""
    options = parse_arguments()
    data = read_data_set(options.data, options.taxonomy)
    if data.classes[-1] != OUT_OF_SCOPE:
        raise ValueError(f"{options.data} has no training texts of no desk")
    tokenizer = Tokenizer(options.network / "tokenizer.json", Recipe().max_tokens)

    def ask(split: Split, output: str) -> np.ndarray:
        return run_onnx(options.network / "model.onnx", tokenizer.encode(split.texts), output)

    known = len(data.classes) - 1
    labels = np.array(data.train.labels)
    inside = labels < known
    means = ClassMeans(ask(data.train, "sentence_embedding")[inside], labels[inside])
    answer = Answer(
        ask(data.validation, "logits"),
        means.nearness(ask(data.validation, "sentence_embedding")),
        own_class=True,
    )
    inside = np.array(data.validation.labels) < known
    found = {"inside": int(inside.sum()), "outside": int((~inside).sum())}
    found |= measure(part(answer, inside), part(answer, ~inside))
    print(json.dumps(found))


def measure(inside: Answer, outside: Answer) -> dict[str, float]:
    """AUROC of each score."""
    halves = [
        (part(inside, slice(start, None, 2)), part(outside, slice(start, None, 2)))
        for start in (0, 1)
    ]
    crossed = [
        separation(mix(*chosen), *measured) for chosen, measured in (halves, reversed(halves))
    ]
    found = {name: separation(each, inside, outside) for name, each in scores_of(inside).items()}
    return {
        f"auroc.{name}": round(value, 5)
        for name, value in (found | {"mixture": fmean(crossed)}).items()
    }


def part(answer: Answer, chosen: np.ndarray | slice) -> Answer:
    """What is said of some of the texts."""
    return dataclasses.replace(
        answer, logits=answer.logits[chosen], nearness=answer.nearness[chosen]
    )


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--network", type=Path, required=True, metavar="DIR", help="what finetune.py wrote")
    add("--data", type=Path, required=True, metavar="DIR", help="data-set version")
    add("--taxonomy", type=Path, default=ROOT / "data" / "taxonomy.json", metavar="FILE")
    return parser.parse_args()


if __name__ == "__main__":
    run_command(main)
