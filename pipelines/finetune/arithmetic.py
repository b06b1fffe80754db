"""In which numbers a training multiplies."""

import torch
from torch.utils.benchmark import Timer

TOKENS, HIDDEN, INNER = 2_048, 384, 1_536
SECONDS = 0.5
CLEARLY = 1.15  # so that a machine on which both take about as long decides the same every time


def bfloat16_pays(device: torch.device) -> bool:
    """Whether a product with its gradients is clearly faster in bfloat16 than in float32; takes a second or two.

    Processors differ by a factor of two in both directions.
    """
    values = torch.ones(TOKENS, HIDDEN, device=device, requires_grad=True)
    weights = torch.ones(INNER, HIDDEN, device=device, requires_grad=True)

    def multiply(bfloat16: bool) -> None:
        with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
            product = torch.nn.functional.linear(values, weights)
        product.sum().backward()

    def seconds(bfloat16: bool) -> float:
        timer = Timer(
            "multiply(bfloat16)",
            globals={"multiply": multiply, "bfloat16": bfloat16},
            num_threads=torch.get_num_threads(),
        )
        return timer.blocked_autorange(min_run_time=SECONDS).median

    return seconds(False) > CLEARLY * seconds(True)
