"""Products in int8: a quarter of the size, and half the time on a CPU with VNNI."""

from pathlib import Path

import onnx
from onnx import TensorProto
from onnxruntime.quantization import QuantType, quantize_dynamic


def quantize(model: onnx.ModelProto, path: Path) -> None:
    """Write the model with its MatMul weights as int8, one scale for each output column.

    Activations are quantized while the model runs, with one scale over the whole input: a text's
    embedding therefore depends on its neighbours in a batch, and one text a run is reproducible.
    Weights use the full int8 range; without VNNI instructions some sums may saturate.
    """
    quantize_dynamic(
        model,
        path,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        extra_options={
            "MatMulConstBOnly": True,  # weights only, never a product of two activations
            "DefaultTensorType": TensorProto.FLOAT,  # type inference does not know com.microsoft operators
        },
    )
