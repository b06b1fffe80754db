"""AdamW with a rate for each depth, a warm-up, and an average of the last weights."""

import torch

from classifier import Classifier
from recipe import Stage

BETAS = (0.9, 0.98)
GRADIENT_NORM = 1.0


class Optimizer:
    """Steps of AdamW (Loshchilov & Hutter 2019); the rate rises, then falls linearly to 0."""

    def __init__(self, model: Classifier, stage: Stage, steps: int) -> None:
        self.stage = stage
        self.steps = steps
        self.step_number = 0
        self.parameters = [each for each in model.parameters() if each.requires_grad]
        groups = parameter_groups(model, stage)
        self.rates = [group["lr"] for group in groups]
        self.adam = torch.optim.AdamW(groups, betas=BETAS, fused=True)

    def step(self, loss: torch.Tensor) -> None:
        """Learn from one batch's loss."""
        factor = self.factor()
        for group, rate in zip(self.adam.param_groups, self.rates, strict=True):
            group["lr"] = rate * factor
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, GRADIENT_NORM)
        self.adam.step()
        self.step_number += 1

    def factor(self) -> float:
        """By what the rates are multiplied now."""
        rising = (self.step_number + 1) / max(1.0, self.stage.warmup * self.steps)
        return min(1.0, rising, 1 - self.step_number / self.steps)

    def state_dict(self) -> dict:
        """What a continued training needs."""
        return {"adam": self.adam.state_dict(), "step_number": self.step_number}

    def load_state_dict(self, state: dict) -> None:
        """Go on from there."""
        self.adam.load_state_dict(state["adam"])
        self.step_number = state["step_number"]


def parameter_groups(model: Classifier, stage: Stage) -> list[dict]:
    """Lower layers learn slower (Howard & Ruder 2018); weights decay, biases and norms do not."""
    groups = []

    def add(module: torch.nn.Module, rate: float) -> None:
        for is_matrix, decay in ((True, stage.weight_decay), (False, 0.0)):
            chosen = [each for each in module.parameters() if (each.ndim > 1) == is_matrix]
            if chosen:
                groups.append({"params": chosen, "lr": rate, "weight_decay": decay})

    layers = model.encoder.layers
    for place, layer in enumerate(layers):
        add(layer, stage.learning_rate * stage.layer_decay ** (len(layers) - 1 - place))
    add(model.encoder.ln, stage.learning_rate * stage.layer_decay ** len(layers))
    add(model.head, stage.head_learning_rate)
    return groups


class WeightAverage:
    """Mean of the weights over the last steps (Izmailov et al. 2018)."""

    def __init__(self, model: Classifier, share: float, steps: int) -> None:
        self.model = model
        self.first = steps - int(share * steps)
        self.count = 0
        self.sums: dict[str, torch.Tensor] = {}

    def after(self, step_number: int) -> None:
        """Look at the weights after this step, counted from 1."""
        if step_number <= self.first:
            return
        self.count += 1
        for name, value in self.model.named_parameters():
            if name in self.sums:
                self.sums[name] += value.detach()
            else:
                self.sums[name] = value.detach().clone()

    def apply(self) -> None:
        """Give the model the mean, if there is one."""
        with torch.no_grad():
            for name, value in self.model.named_parameters():
                if self.count:
                    value.copy_(self.sums[name] / self.count)

    def state_dict(self) -> dict:
        """What a continued training needs."""
        return {"count": self.count, "sums": self.sums}

    def load_state_dict(self, state: dict) -> None:
        """Go on from there."""
        self.count = state["count"]
        self.sums = state["sums"]
