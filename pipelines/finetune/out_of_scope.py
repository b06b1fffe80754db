"""Scores that tell texts of a class from texts of none: all are high where a class is known."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from sklearn.metrics import roc_auc_score

from calibration import softmax

SHRINKAGE = 0.1  # of the covariance towards a multiple of the identity
STEPS = 10  # weights of the mixture are tenths


@dataclass(frozen=True)
class Answer:
    """What is said of texts."""

    logits: np.ndarray  # [texts, classes]
    nearness: np.ndarray | None = None  # [texts], minus the distance to the nearest class mean
    own_class: bool = False  # whether the last class is that of texts of no other class

    @property
    def known(self) -> int:
        """Count of the classes that a text can be of."""
        return self.logits.shape[1] - self.own_class

    @staticmethod
    def mean(answers: list["Answer"]) -> "Answer":
        """Mean of what several networks say of the same texts."""
        nearness = [answer.nearness for answer in answers if answer.nearness is not None]
        return Answer(
            np.mean([answer.logits for answer in answers], axis=0),
            np.mean(nearness, axis=0) if nearness else None,
            answers[0].own_class,
        )


class ClassMeans:
    """Mahalanobis distance to the nearest class mean, with one covariance for all classes (Lee et al. 2018)."""

    def __init__(self, features: np.ndarray, labels: np.ndarray) -> None:
        """Take means and covariance of features [texts, hidden]."""
        means = np.stack([features[labels == each].mean(axis=0) for each in np.unique(labels)])
        covariance = np.cov((features - means[labels]).T)
        size = len(covariance)
        round_one = np.trace(covariance) / size * np.eye(size)
        precision = np.linalg.inv((1 - SHRINKAGE) * covariance + SHRINKAGE * round_one)
        self.whitening = np.linalg.cholesky(precision)
        self.means = means @ self.whitening

    def nearness(self, features: np.ndarray) -> np.ndarray:
        """Minus the distance [texts] of features [texts, hidden]."""
        white = features @ self.whitening
        squares = (white**2).sum(axis=1)[:, None] + (self.means**2).sum(axis=1)
        return -np.sqrt(np.maximum(squares - 2 * white @ self.means.T, 0)).min(axis=1)


def energy(answer: Answer) -> np.ndarray:
    """Log of the sum of exponentials (Liu et al. 2020, with the sign turned)."""
    logits = answer.logits[:, : answer.known]
    most = logits.max(axis=1)
    return np.log(np.exp(logits - most[:, None]).sum(axis=1)) + most


SCORES: dict[str, Callable[[Answer], np.ndarray]] = {
    "probability": lambda answer: softmax(answer.logits)[:, : answer.known].max(axis=1),
    "logit": lambda answer: answer.logits[:, : answer.known].max(axis=1),
    "energy": energy,
    "distance": lambda answer: answer.nearness,
}
OWN_CLASS = {"class": lambda answer: energy(answer) - answer.logits[:, -1]}  # its log odds


def scores_of(answer: Answer) -> dict[str, Callable[[Answer], np.ndarray]]:
    """The scores that such an answer has."""
    return SCORES | OWN_CLASS if answer.own_class else SCORES


def separation(score: Callable[[Answer], np.ndarray], inside: Answer, outside: Answer) -> float:
    """Area under the ROC curve: how well the score tells texts of a class from texts of none."""
    truth = [1] * len(inside.logits) + [0] * len(outside.logits)
    return float(roc_auc_score(truth, np.concatenate([score(inside), score(outside)])))


@dataclass(frozen=True)
class Mixture:
    """Weighted sum of scores, each in standard deviations from its mean over texts of a class."""

    weights: dict[str, float]
    means: dict[str, float]
    deviations: dict[str, float]

    def __call__(self, answer: Answer) -> np.ndarray:
        """The score of each text."""
        scores = scores_of(answer)
        return sum(
            weight * (scores[name](answer) - self.means[name]) / self.deviations[name]
            for name, weight in self.weights.items()
        )


def mix(inside: Answer, outside: Answer) -> Mixture:
    """The mixture of energy, distance and, where there is one, the class that separates these texts best."""
    names = ["energy", "distance", *(OWN_CLASS if inside.own_class else ())]
    found = {name: scores_of(inside)[name](inside) for name in names}
    means = {name: float(values.mean()) for name, values in found.items()}
    deviations = {name: float(values.std()) for name, values in found.items()}
    mixtures = [
        Mixture(
            {name: step / STEPS for name, step in zip(names, steps, strict=True)}, means, deviations
        )
        for steps in product(range(STEPS + 1), repeat=len(names))
        if sum(steps) == STEPS
    ]
    return max(mixtures, key=lambda mixture: separation(mixture, inside, outside))
