"""Shows that the file that is served answers as the network that was trained."""

from dataclasses import asdict, dataclass

import numpy as np
import torch

from classifier import Classifier, score
from export import Exported, run_onnx

# float32 differs in the order of sums only; int8 rounds, which clear decisions outlive.
FLOAT_TOLERANCE = 1e-3
LEAST_AGREEMENT = 0.98
CLEAR_MARGIN = 1.0  # between the first and the second logit
TEXTS = 256


@dataclass(frozen=True)
class Parity:
    """How near the forms are on some texts."""

    texts: int
    float32_difference: float  # greatest, of a logit
    int8_difference: float  # mean, of a logit
    int8_agreement: float  # share of texts with the same first class
    clear: int  # texts whose first logit is well above the second
    clear_int8_agreement: float  # share of those with the same first class


class ParityError(Exception):
    """The exported file is not the network."""


def check_parity(model: Classifier, exported: Exported, token_ids: list[list[int]]) -> dict:
    """Compare the network, on the CPU, with both files.

    Raises ParityError beyond the tolerances.
    """
    chosen = token_ids[:TEXTS]
    trained = score(model, chosen, torch.device("cpu"))[0].numpy()
    float32, int8 = run_onnx(exported.float32, chosen), run_onnx(exported.int8, chosen)
    agree = trained.argmax(axis=1) == int8.argmax(axis=1)
    second, first = np.sort(trained, axis=1)[:, -2:].T
    clear = first - second >= CLEAR_MARGIN
    parity = Parity(
        texts=len(chosen),
        float32_difference=float(np.abs(trained - float32).max()),
        int8_difference=float(np.abs(trained - int8).mean()),
        int8_agreement=float(agree.mean()),
        clear=int(clear.sum()),
        clear_int8_agreement=float(agree[clear].mean()) if clear.any() else 1.0,
    )
    if parity.float32_difference > FLOAT_TOLERANCE or parity.clear_int8_agreement < LEAST_AGREEMENT:
        raise ParityError(f"the exported file answers otherwise than the network: {parity}")
    return asdict(parity)
