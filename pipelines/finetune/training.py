"""Trains one network, epoch by epoch; a training that broke off goes on with the epoch after the last whole one."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tqdm import tqdm

from augmentation import Augmenter
from batches import pairs, shuffled
from classifier import Classifier, score
from losses import distillation, supervised_contrastive
from optimization import Optimizer, WeightAverage
from packing import pack
from recipe import Stage
from tokens import Tokenizer


@dataclass(frozen=True)
class Teacher:
    """What a teacher makes of the training texts: logits [texts, classes], features [texts, hidden]."""

    logits: torch.Tensor
    features: torch.Tensor


@dataclass(frozen=True)
class Material:
    """What is learned from, and what progress is measured on."""

    texts: list[str]
    labels: list[int]
    validation_ids: list[list[int]]
    validation_labels: list[int]
    tokenizer: Tokenizer
    device: torch.device
    bfloat16: bool


def train(
    model: Classifier,
    material: Material,
    stage: Stage,
    *,
    name: str,
    seed: int,
    checkpoint: Path | None = None,
    teacher: Teacher | None = None,
    on_epoch: Callable[[str, int, dict[str, float]], None] = lambda *_: None,
) -> list[dict[str, float]]:
    """Train the model in place. Returns loss and validation accuracy of each epoch.

    On a CPU the same seed and number of threads give the same weights, also when the training was broken off.
    """
    device = material.device
    labels = torch.tensor(material.labels, device=device)
    clean = material.tokenizer.encode(material.texts)
    per_epoch = -(-len(clean) // stage.batch_size)
    if stage.pairs:
        per_epoch = len(pairs(material.labels, stage.batch_size, np.random.default_rng(0)))
    model.to(device)
    optimizer = Optimizer(model, stage, per_epoch * stage.epochs)
    average = WeightAverage(model, stage.average, per_epoch * stage.epochs)
    augmenter = Augmenter(stage.noise_kinds)
    history = resume(checkpoint, model, optimizer, average)
    for epoch in range(len(history), stage.epochs):
        # Each epoch has random numbers of its own, so that one can be gone on with.
        random = np.random.default_rng([seed, epoch])
        torch.manual_seed(seed * 1_000 + epoch)
        token_ids = clean
        if stage.noise:
            token_ids = material.tokenizer.encode(
                augmenter.write_otherwise(material.texts, stage.noise, random)
            )
        order = (
            pairs(material.labels, stage.batch_size, random)
            if stage.pairs
            else shuffled(token_ids, stage.batch_size, random)
        )
        total = 0.0
        model.train()
        for batch in tqdm(order, f"{name}, epoch {epoch + 1} of {stage.epochs}", disable=None):
            with torch.autocast(device.type, torch.bfloat16, enabled=material.bfloat16):
                logits, features = model(pack([token_ids[index] for index in batch], device))
            loss = loss_of(logits.float(), features.float(), labels[batch], stage, teacher, batch)
            optimizer.step(loss)
            average.after(optimizer.step_number)
            total += float(loss.detach())
        if epoch == stage.epochs - 1:
            average.apply()
        found = {"loss": total / len(order), "accuracy": accuracy(model, material)}
        history.append(found)
        on_epoch(name, epoch + 1, found)
        keep(checkpoint, model, optimizer, average, history)
    return history


def loss_of(
    logits: torch.Tensor,
    features: torch.Tensor,
    labels: torch.Tensor,
    stage: Stage,
    teacher: Teacher | None,
    batch: list[int],
) -> torch.Tensor:
    """The loss of one batch."""
    if teacher:
        device = logits.device
        soft, aims = teacher.logits[batch].to(device), teacher.features[batch].to(device)
        loss = distillation(logits, features, soft, aims, labels, stage)
    else:
        loss = F.cross_entropy(logits, labels, label_smoothing=stage.label_smoothing)
    if stage.contrastive:
        attraction = supervised_contrastive(features, labels, stage.contrastive_temperature)
        loss = loss + stage.contrastive * attraction
    return loss


def accuracy(model: Classifier, material: Material) -> float:
    """Share of the validation texts that get their label."""
    logits, _ = score(model, material.validation_ids, material.device)
    right = logits.argmax(dim=1) == torch.tensor(material.validation_labels)
    return float(right.float().mean())


def resume(
    checkpoint: Path | None, model: Classifier, optimizer: Optimizer, average: WeightAverage
) -> list[dict[str, float]]:
    """Go on where the file says; returns what the epochs before found."""
    if checkpoint is None or not checkpoint.exists():
        return []
    state = torch.load(checkpoint, map_location=next(model.parameters()).device, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    average.load_state_dict(state["average"])
    return state["history"]


def keep(
    checkpoint: Path | None,
    model: Classifier,
    optimizer: Optimizer,
    average: WeightAverage,
    history: list[dict[str, float]],
) -> None:
    """Write all that going on needs; a write that breaks off leaves the file before."""
    if checkpoint is None:
        return
    state = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "average": average.state_dict(),
        "history": history,
    }
    unfinished = checkpoint.with_suffix(".unfinished")
    torch.save(state, unfinished)
    os.replace(unfinished, checkpoint)
