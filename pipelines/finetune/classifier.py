"""An encoder with a linear head that starts from logistic regression."""

import warnings

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from torch import nn

from batches import by_length
from packing import Packed, pack
from text_encoder import TextEncoder

LOOK_BATCH = 64  # texts a run where nothing is learned
# At 1e-3 scikit-learn stops up to a point of accuracy short of the optimum on such embeddings.
TOLERANCE = 1e-5
MOST_ITERATIONS = 1_000


class Head(nn.Module):
    """Linear over the normalized, centred and scaled embedding. Centre and scale are fixed."""

    def __init__(self, centre: np.ndarray, scale: float, classes: int, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.register_buffer("centre", torch.from_numpy(centre))
        self.register_buffer("scale", torch.tensor(scale))
        self.linear = nn.Linear(len(centre), classes)

    def features(self, pooled: torch.Tensor) -> torch.Tensor:
        """float32 [texts, hidden] to the same: of about length 1, centred on 0."""
        return (F.normalize(pooled, dim=1) - self.centre) / self.scale

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Logits [texts, classes] of features."""
        return self.linear(F.dropout(features, self.dropout, self.training))

    def folded(self) -> tuple[np.ndarray, np.ndarray]:
        """Weights [classes, hidden] and bias [classes] that do the same to the normalized embedding itself."""
        weights = (self.linear.weight / self.scale).detach()
        bias = (self.linear.bias - weights @ self.centre).detach()
        return weights.cpu().numpy(), bias.cpu().numpy()


class Classifier(nn.Module):
    """Encoder and head."""

    def __init__(self, encoder: TextEncoder, head: Head) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head

    def forward(self, packed: Packed) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits [texts, classes] and features [texts, hidden]."""
        features = self.head.features(self.encoder(packed))
        return self.head(features), features


def fit_head(
    encoder: TextEncoder,
    token_ids: list[list[int]],
    labels: list[int],
    classes: int,
    *,
    inverse_regularization: float,
    dropout: float,
    device: torch.device,
) -> Head:
    """The head that logistic regression finds on the encoder's embeddings as they are.

    Raises ValueError when a class has no example.
    """
    absent = sorted(set(range(classes)) - set(labels))
    if absent:
        raise ValueError(f"classes without a training example: {absent}")
    embeddings = embed(encoder, token_ids, device)
    centre = embeddings.mean(axis=0)
    scale = float(np.sqrt(((embeddings - centre) ** 2).sum(axis=1).mean()))
    regression = LogisticRegression(
        C=inverse_regularization, max_iter=MOST_ITERATIONS, tol=TOLERANCE
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        regression.fit((embeddings - centre) / scale, labels)
    head = Head(centre, scale, classes, dropout)
    with torch.no_grad():
        weights, bias = regression.coef_, regression.intercept_
        if classes == 2:  # scikit-learn has one row then
            weights, bias = (
                np.concatenate([-weights, weights]) / 2,
                np.concatenate([-bias, bias]) / 2,
            )
        head.linear.weight.copy_(torch.from_numpy(weights))
        head.linear.bias.copy_(torch.from_numpy(bias))
    return head


def embed(encoder: TextEncoder, token_ids: list[list[int]], device: torch.device) -> np.ndarray:
    """Normalized embeddings of texts, float32 [texts, hidden]."""
    encoder.eval()
    embeddings = np.empty((len(token_ids), encoder.positions.shape[1]), np.float32)
    with torch.inference_mode():
        for indices in by_length(token_ids, LOOK_BATCH):
            pooled = encoder(pack([token_ids[index] for index in indices], device))
            embeddings[indices] = F.normalize(pooled, dim=1).cpu().numpy()
    return embeddings


def score(
    model: Classifier, token_ids: list[list[int]], device: torch.device, progress=None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits and features of texts, in their order, on the CPU; nothing is learned."""
    model.eval()
    logits = torch.empty(len(token_ids), model.head.linear.out_features)
    features = torch.empty(len(token_ids), model.head.linear.in_features)
    with torch.inference_mode():
        for indices in by_length(token_ids, LOOK_BATCH):
            found = model(pack([token_ids[index] for index in indices], device))
            logits[indices], features[indices] = (values.cpu() for values in found)
            if progress:
                progress.update(len(indices))
    return logits, features
