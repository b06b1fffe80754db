"""Teacher, then student: the training from an encoder to a small classifier."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from tqdm import tqdm

from classifier import Classifier, Head, fit_head, score
from data_set import Split
from encoder_file import EncoderWeights
from recipe import Recipe, Stage
from text_encoder import TextEncoder
from tokens import Tokenizer
from training import Material, Teacher, train

OnEpoch = Callable[[str, int, dict[str, float]], None]


@dataclass(frozen=True)
class Chain:
    """All that a training rests on."""

    weights: EncoderWeights
    tokenizer: Tokenizer
    recipe: Recipe
    classes: int
    train: Split
    validation: Split
    device: torch.device


@dataclass(frozen=True)
class Trained:
    """The student, the teachers it learned from, and loss and validation accuracy by stage and epoch."""

    model: Classifier
    teachers: list[Classifier]
    history: dict[str, list[dict[str, float]]]


def train_chain(
    chain: Chain, *, seed: int, work: Path | None = None, on_epoch: OnEpoch = lambda *_: None
) -> Trained:
    """Train the teachers and, where the recipe has student layers, the student; else the first teacher is the result."""
    recipe, device = chain.recipe, chain.device
    material = Material(
        chain.train.texts,
        chain.train.labels,
        chain.tokenizer.encode(chain.validation.texts),
        chain.validation.labels,
        chain.tokenizer,
        device,
        recipe.bfloat16,
    )
    token_ids = chain.tokenizer.encode(chain.train.texts)
    layers = tuple(range(1, chain.weights.config.layers + 1))

    def run(model: Classifier, stage: Stage, name: str, its_seed: int, teacher=None):
        checkpoint = work / f"{name}.pt" if work else None
        return train(
            model,
            material,
            stage,
            name=name,
            seed=its_seed,
            checkpoint=checkpoint,
            teacher=teacher,
            on_epoch=on_epoch,
        )

    start = TextEncoder(chain.weights, layers, recipe.teacher.encoder_dropout).to(device)
    head = fit_head(
        start,
        token_ids,
        chain.train.labels,
        chain.classes,
        inverse_regularization=recipe.inverse_regularization,
        dropout=recipe.teacher.head_dropout,
        device=device,
    )
    history, teachers = {}, []
    for number in range(recipe.teachers):
        encoder = TextEncoder(chain.weights, layers, recipe.teacher.encoder_dropout)
        teacher = Classifier(encoder, copy_of(head, recipe.teacher.head_dropout))
        name = f"teacher {number + 1}"
        history[name] = run(teacher, recipe.teacher, name, seed + number)
        teachers.append(teacher)
    if not recipe.student_layers:
        return Trained(teachers[0], teachers, history)

    seen = consult(teachers, token_ids, device)
    tuned = teachers[0].encoder.to_weights()
    student = Classifier(
        TextEncoder(tuned, recipe.student_layers, recipe.student.encoder_dropout),
        copy_of(teachers[0].head, recipe.student.head_dropout),
    )
    history["student"] = run(student, recipe.student, "student", seed, seen)
    return Trained(student, teachers, history)


def consult(
    teachers: list[Classifier], token_ids: list[list[int]], device: torch.device
) -> Teacher:
    """Mean logits of the teachers, and the first one's features, on the training texts."""
    found = []
    for teacher in teachers:
        with tqdm(total=len(token_ids), desc="what the teacher says", disable=None) as progress:
            found.append(score(teacher, token_ids, device, progress))
    return Teacher(torch.stack([logits for logits, _ in found]).mean(dim=0), found[0][1])


def copy_of(head: Head, dropout: float) -> Head:
    """The same head, to be trained apart."""
    classes, hidden = head.linear.weight.shape
    copy = Head(torch.zeros(hidden).numpy(), 1.0, classes, dropout)
    copy.load_state_dict({name: value.cpu() for name, value in head.state_dict().items()})
    return copy
