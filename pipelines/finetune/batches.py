"""Which texts go into a batch together."""

from collections.abc import Iterator

import numpy as np

WINDOW = 16  # batches whose texts are sorted by length among themselves


def by_length(token_ids: list[list[int]], size: int) -> Iterator[list[int]]:
    """Indices of all texts, the shortest first."""
    order = sorted(range(len(token_ids)), key=lambda index: len(token_ids[index]))
    for start in range(0, len(order), size):
        yield order[start : start + size]


def shuffled(token_ids: list[list[int]], size: int, random: np.random.Generator) -> list[list[int]]:
    """Batches of an epoch: random, but of about one length each, so that attention pads little."""
    order = random.permutation(len(token_ids))
    batches = []
    for start in range(0, len(order), WINDOW * size):
        window = sorted(order[start : start + WINDOW * size], key=lambda i: len(token_ids[i]))
        batches += [window[first : first + size] for first in range(0, len(window), size)]
    random.shuffle(batches)
    return [[int(index) for index in batch] for batch in batches]


def pairs(labels: list[int], size: int, random: np.random.Generator) -> list[list[int]]:
    """Batches of an epoch in which each text has another of its label beside it, for the contrastive loss."""
    of_label: dict[int, list[int]] = {}
    for index in random.permutation(len(labels)):
        of_label.setdefault(labels[index], []).append(int(index))
    couples = [
        indices[start : start + 2]
        for indices in of_label.values()
        for start in range(0, len(indices), 2)
    ]
    random.shuffle(couples)
    half = size // 2
    groups = [couples[start : start + half] for start in range(0, len(couples), half)]
    return [[index for couple in group for index in couple] for group in groups]
