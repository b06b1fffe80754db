"""BANKING77 (Casanueva et al. 2020) and CLINC150 (Larson et al. 2019) with their official splits."""

import csv
import dataclasses
import json
import random
from dataclasses import dataclass
from pathlib import Path

from calibration import Calibration
from data_set import Split

SEVENTH = 7
PROGRESS_TEXTS = 200
BANKING77_CALIBRATION = Calibration(0.659)  # found on a seventh of the training texts (--held-out)


@dataclass(frozen=True)
class PublicSet:
    """Labelled texts, and texts of no class; `known` is the network's calibration where nothing is left to choose one on."""

    classes: int
    train: Split
    validation: Split
    test: Split
    train_others: list[str]
    validation_others: list[str]
    test_others: list[str]
    known: Calibration | None = None
    own_class: bool = False  # whether the last class is that of the texts of no class

    @property
    def known_classes(self) -> int:
        """Count of the classes, without that of the texts of no class."""
        return self.classes - self.own_class

    def asked(self) -> dict[str, list[str]]:
        """The texts that networks are asked about."""
        asked = {
            "validation": self.validation.texts,
            "test": self.test.texts,
            "validation_others": self.validation_others,
            "test_others": self.test_others,
        }
        return {name: texts for name, texts in asked.items() if texts}


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
    return PublicSet(len(index), train, shown, split["test"], [], [], [], BANKING77_CALIBRATION)


def read_clinc150(folder: Path) -> PublicSet:
    """CLINC150, full."""
    content = json.loads((folder / "clinc150" / "data_full.json").read_text(encoding="utf-8"))
    index = {name: place for place, name in enumerate(sorted({b for _, b in content["train"]}))}
    train, validation, test = (
        Split([text for text, _ in content[name]], [index[label] for _, label in content[name]])
        for name in ("train", "val", "test")
    )
    others = ([text for text, _ in content[f"oos_{name}"]] for name in ("train", "val", "test"))
    return PublicSet(len(index), train, validation, test, *others)


READERS = {"banking77": read_banking77, "clinc150": read_clinc150}


def hold_out(public: PublicSet) -> PublicSet:
    """The set without its test split: a seventh of the training texts stands for it."""
    kept, held = divide(public.train, SEVENTH)
    return PublicSet(public.classes, kept, held, held, public.train_others, [], [])


def with_own_class(public: PublicSet) -> PublicSet:
    """The set with one class more, of the training texts of no class.

    Raises ValueError when it has none.
    """
    others = public.train_others
    if not others:
        raise ValueError("the set has no training texts of no class")
    train = Split(public.train.texts + others, public.train.labels + [public.classes] * len(others))
    return dataclasses.replace(public, classes=public.classes + 1, train=train, own_class=True)


def divide(split: Split, parts: int) -> tuple[Split, Split]:
    """All but one part in `parts`, and that part; drawn by a fixed seed."""
    order = list(range(len(split.texts)))
    random.Random(5).shuffle(order)
    count = len(order) // parts
    return tuple(
        Split([split.texts[i] for i in chosen], [split.labels[i] for i in chosen])
        for chosen in (order[count:], order[:count])
    )
