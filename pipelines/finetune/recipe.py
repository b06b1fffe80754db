"""What a training consists of, as data: recorded with the model, changed by a JSON file."""

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args, get_origin

from augmentation import Augmenter

POSITIVE = (
    *("epochs", "learning_rate", "layer_decay", "head_learning_rate", "batch_size"),
    *("contrastive_temperature", "teacher_temperature"),
)
SHARES = (
    *("warmup", "label_smoothing", "encoder_dropout", "head_dropout"),
    *("noise", "average", "teacher_weight"),
)
NOT_NEGATIVE = ("weight_decay", "contrastive", "embedding_weight")


@dataclass(frozen=True)
class Stage:
    """How one network is trained. Rates are of AdamW; shares are between 0 and 1."""

    epochs: int
    learning_rate: float  # of the top layer
    layer_decay: float  # of the rate, for each layer below
    head_learning_rate: float
    batch_size: int = 64
    warmup: float = 0.06  # share of the steps in which the rate rises; then it falls linearly to 0
    weight_decay: float = 0.01  # of matrices only
    label_smoothing: float = 0.1
    encoder_dropout: float = 0.0
    head_dropout: float = 0.1
    contrastive: float = 0.0  # weight of the supervised contrastive loss beside the cross-entropy
    contrastive_temperature: float = 0.1
    pairs: bool = (
        False  # batches of pairs of one label, so that the contrastive loss has something to hold
    )
    noise: float = 0.0  # share of the texts that are written otherwise in each epoch
    noise_kinds: tuple[str, ...] = ()  # of augmentation.py; none: all
    average: float = 0.0  # the weights are the mean over this last share of the steps
    # Distillation, where there is a teacher (Hinton et al. 2015):
    teacher_weight: float = 0.7  # of the teacher's probabilities; the rest is the labels'
    teacher_temperature: float = 2.0
    embedding_weight: float = 2.0  # of 1 - cosine between the centred embeddings of both

    def check(self) -> None:
        """Raises ValueError for what could not be trained."""
        Augmenter(self.noise_kinds)
        for names, holds, needed in (
            (POSITIVE, lambda value: value > 0, "above 0"),
            (SHARES, lambda value: 0 <= value <= 1, "between 0 and 1"),
            (NOT_NEGATIVE, lambda value: value >= 0, "0 or more"),
        ):
            for name in names:
                if not holds(getattr(self, name)):
                    raise ValueError(f"{name} is {needed}, not {getattr(self, name)}")


@dataclass(frozen=True)
class Recipe:
    """The whole training: a teacher of all layers, then a student of some of them."""

    teacher: Stage = field(
        default_factory=lambda: Stage(
            epochs=4,
            learning_rate=3e-4,
            layer_decay=0.9,
            head_learning_rate=1e-3,
            encoder_dropout=0.1,
            noise=0.3,
        )
    )
    student: Stage = field(
        default_factory=lambda: Stage(
            epochs=8, learning_rate=5e-4, layer_decay=0.95, head_learning_rate=5e-4, noise=0.3
        )
    )
    teachers: int = 1  # trained with seeds that follow each other; their logits are averaged
    student_layers: tuple[int, ...] = (2, 4, 6, 8, 10, 12)  # of the first teacher, counted from 1
    inverse_regularization: float = 5.0  # C of the logistic regression that starts the head
    max_tokens: int = 128  # of a text in training; the service reads as many as it is told to
    # Products of the training in bfloat16, where weights, sums and export stay float32; None: where it is faster.
    bfloat16: bool | None = None

    def check(self, *, layers: int, positions: int) -> None:
        """Raises ValueError for what could not be trained with an encoder of so many layers and positions."""
        for stage in (self.teacher, self.student):
            stage.check()
        if not set(self.student_layers) <= set(range(1, layers + 1)):
            raise ValueError(f"student_layers are among 1 to {layers}")
        if self.teachers < 1:
            raise ValueError("teachers is 1 at least")
        if not 2 < self.max_tokens <= positions:
            raise ValueError(f"max_tokens is between 3 and {positions}")

    def changed_by(self, path: Path | None) -> "Recipe":
        """The recipe with the values of a JSON file in place of some; itself without a file.

        Raises ValueError when the file is no JSON, has a name that a recipe does not have, or a value of another type.
        """
        if path is None:
            return self
        try:
            changes = json.loads(path.read_text(encoding="utf-8"))
        except json.JSONDecodeError as error:
            raise ValueError(f"{path}: {error}") from error
        return merge(self, changes, str(path))


def merge(settings, changes: dict, where: str):
    """The dataclass with these fields changed, fields of its fields too.

    Raises ValueError for names that it does not have and values of another type.
    """
    if not isinstance(changes, dict):
        raise ValueError(f"{where}: an object is needed")  # noqa: TRY004  (a wrong file, no wrong call)
    types = {entry.name: entry.type for entry in dataclasses.fields(settings)}
    unknown = sorted(set(changes) - set(types))
    if unknown:
        raise ValueError(
            f"{where}: unknown {', '.join(unknown)}; known are {', '.join(sorted(types))}"
        )
    values = {}
    for name, value in changes.items():
        present = getattr(settings, name)
        if dataclasses.is_dataclass(present):
            values[name] = merge(present, value, f"{where}, {name}")
        elif not fits(value, types[name]):
            raise ValueError(f"{where}: {name} is like {json.dumps(present)}")
        else:
            values[name] = tuple(value) if isinstance(present, tuple) else value
    return dataclasses.replace(settings, **values)


def fits(value, kind) -> bool:
    """Whether a value read from JSON is of the type of a field."""
    kinds = get_args(kind)
    if get_origin(kind) is tuple:
        return isinstance(value, list) and all(fits(each, kinds[0]) for each in value)
    if kinds:
        return any(fits(value, each) for each in kinds)
    if kind is float:
        return type(value) in (int, float)
    return type(value) is kind
