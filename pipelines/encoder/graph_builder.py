"""A small writer of ONNX graphs: nodes and constants, referred to by the names of their tensors."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

MICROSOFT = "com.microsoft"  # domain of the operators that onnxruntime adds to the standard
OPSET = 21  # the first with 4-bit integer tensors
IR_VERSION = 10  # the file format that came with opset 21


class GraphBuilder:
    """Collects nodes and constants in the order in which they are added."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, values: np.ndarray) -> str:
        """Add a constant of the array's type and shape, and return its name."""
        tensor = numpy_helper.from_array(np.ascontiguousarray(values), name)
        self.constants.append(tensor)
        return name

    def int4_constant(self, name: str, values: np.ndarray) -> str:
        """Add int8 values from -8 to 7, [rows, columns], as INT4, and return the name.

        ONNX packs two a byte, the even column into the low four bits.
        """
        nibbles = values.view(np.uint8) & 0x0F
        packed = (nibbles[:, 0::2] | (nibbles[:, 1::2] << 4)).tobytes()
        tensor = helper.make_tensor(name, TensorProto.INT4, values.shape, packed, raw=True)
        self.constants.append(tensor)
        return name

    def multi_output_node(
        self,
        operator: str,
        inputs: list[str],
        outputs: list[str],
        domain="",
        **attributes,
    ) -> list[str]:
        """Add a node with several outputs and return their names."""
        name = f"{outputs[0]}_{operator}"
        node = helper.make_node(operator, inputs, outputs, name=name, domain=domain, **attributes)
        self.nodes.append(node)
        return outputs

    def node(self, operator: str, inputs: list[str], output: str, domain="", **attributes) -> str:
        """Add a node with one output and return that output's name."""
        return self.multi_output_node(operator, inputs, [output], domain, **attributes)[0]

    def to_model(
        self, inputs: list[onnx.ValueInfoProto], output: onnx.ValueInfoProto
    ) -> onnx.ModelProto:
        """The collected graph as a model with these inputs and this output."""
        graph = helper.make_graph(self.nodes, "encoder", inputs, [output], self.constants)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
