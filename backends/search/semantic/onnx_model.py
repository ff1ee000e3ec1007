"""Writes a BERT encoder as an ONNX model in int8, from its weights. The `semantic` extra."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from files_api_mcp.backends.errors import InvalidArgument

__all__ = ["onnx_model"]

_OPSET, _IR = 20, 9
_HEAD_SIZE = 32
_EPSILON = 1e-12
_MASKED = -1e4
_LARGEST = 63
"""The largest rounded weight: with 7 bits, no processor's sum of two products overflows 16 bits."""
_FLOAT = 1  # TensorProto.FLOAT


def onnx_model(weights: Mapping[str, Any]) -> bytes:
    """The model: `input_ids` and `attention_mask` in, a vector for each token (`last_hidden_state`) out.

    `weights` are float32 arrays by their names in Hugging Face's BertModel, with heads of 32 numbers. The weights of a
    layer are rounded by column, those of words by word; what goes into a layer is rounded as it comes.

    Raises:
        InvalidArgument: Weights are missing.
    """
    try:
        return _Encoder(weights).build()
    except KeyError as exc:
        raise InvalidArgument(f"The weights have no {exc.args[0]}.", "Give the weights of a BERT encoder.") from None


class _Encoder:
    """A graph that grows node by node. Its methods add nodes, and return the name of the last one's output."""

    def __init__(self, weights: Mapping[str, Any]) -> None:
        import numpy as np
        import onnx

        self._np: Any = np
        self._onnx: Any = onnx
        self._weights = weights
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}

    def build(self) -> bytes:
        """The whole model, checked."""
        helper = self._onnx.helper
        hidden, mask = self._embeddings(), self._mask()
        layers = {int(name.split(".")[2]) for name in self._weights if name.startswith("encoder.layer.")}
        for number in sorted(layers):
            hidden = self._layer(f"encoder.layer.{number}.", hidden, mask)
        self._nodes.append(helper.make_node("Identity", [hidden], ["last_hidden_state"]))
        axes = ["batch", "tokens"]
        number_type = self._onnx.TensorProto.INT64
        inputs = [helper.make_tensor_value_info(name, number_type, axes) for name in ("input_ids", "attention_mask")]
        size = len(self._weights["embeddings.LayerNorm.weight"])
        output = helper.make_tensor_value_info("last_hidden_state", _FLOAT, [*axes, size])
        graph = helper.make_graph(self._nodes, "bert", inputs, [output], [*self._constants.values()])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
        self._onnx.checker.check_model(model)
        return model.SerializeToString()

    def _embeddings(self) -> str:
        words, scales = self._rounded(self._weights["embeddings.word_embeddings.weight"], axis=1)
        words = self._node("Gather", self._constant("words", words), "input_ids")
        scales = self._node("Gather", self._constant("words.scale", scales), "input_ids")
        words = self._node("Mul", self._node("Cast", words, to=_FLOAT), scales)
        kind = self._weights["embeddings.token_type_embeddings.weight"][0]
        positions = self._constant("positions", self._weights["embeddings.position_embeddings.weight"] + kind)
        length = self._node("Slice", self._node("Shape", "input_ids"), self._integers(1), self._integers(2))
        positions = self._node("Slice", positions, self._integers(0), length, self._integers(0))
        return self._norm("embeddings.LayerNorm", self._node("Add", words, positions))

    def _mask(self) -> str:
        """What is added to attention: nothing, or a large negative number for padding."""
        mask = self._node("Cast", "attention_mask", to=_FLOAT)
        padding = self._node("Sub", self._number("one", 1.0), mask)
        hidden = self._node("Mul", padding, self._number("masked", _MASKED))
        return self._node("Unsqueeze", hidden, self._integers(1, 2))

    def _layer(self, name: str, hidden: str, mask: str) -> str:
        attended = self._dense(f"{name}attention.output.dense", self._attention(f"{name}attention.self.", hidden, mask))
        hidden = self._norm(f"{name}attention.output.LayerNorm", self._node("Add", attended, hidden))
        wide = self._node("Gelu", self._dense(f"{name}intermediate.dense", hidden))
        narrow = self._dense(f"{name}output.dense", wide)
        return self._norm(f"{name}output.LayerNorm", self._node("Add", narrow, hidden))

    def _attention(self, name: str, hidden: str, mask: str) -> str:
        query, key, value = (
            self._heads(self._dense(name + part, hidden), axes)
            for part, axes in (("query", (0, 2, 1, 3)), ("key", (0, 2, 3, 1)), ("value", (0, 2, 1, 3)))
        )
        scale = self._number("scale", 1 / math.sqrt(_HEAD_SIZE))
        weights = self._node("Add", self._node("Mul", self._node("MatMul", query, key), scale), mask)
        mixed = self._node("MatMul", self._node("Softmax", weights, axis=-1), value)
        joined = self._node("Transpose", mixed, perm=(0, 2, 1, 3))
        return self._node("Reshape", joined, self._integers(0, 0, -1))

    def _heads(self, hidden: str, axes: Sequence[int]) -> str:
        return self._node("Transpose", self._node("Reshape", hidden, self._integers(0, 0, -1, _HEAD_SIZE)), perm=axes)

    def _dense(self, name: str, hidden: str) -> str:
        """A fully connected layer, as a product of integers."""
        weights, scales = self._rounded(self._weights[f"{name}.weight"].T, axis=0)
        rounded, scale, zero = (f"{name}.{part}" for part in ("input", "input_scale", "input_zero"))
        self._nodes.append(self._onnx.helper.make_node("DynamicQuantizeLinear", [hidden], [rounded, scale, zero]))
        product = self._node("MatMulInteger", rounded, self._constant(f"{name}.weight", weights), zero)
        scale = self._node("Mul", scale, self._constant(f"{name}.scale", scales.reshape(-1)))
        product = self._node("Mul", self._node("Cast", product, to=_FLOAT), scale)
        return self._node("Add", product, self._constant(f"{name}.bias", self._weights[f"{name}.bias"]))

    def _rounded(self, weights: Any, *, axis: int) -> tuple[Any, Any]:
        """The weights as int8, and the scale of each column (axis 0) or row (axis 1)."""
        np = self._np
        scales = np.maximum(np.abs(weights).max(axis=axis, keepdims=True), 1e-9) / _LARGEST
        return np.rint(weights / scales).astype(np.int8), scales.astype(np.float32)

    def _norm(self, name: str, hidden: str) -> str:
        scale, bias = (self._constant(f"{name}.{part}", self._weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self._node("LayerNormalization", hidden, scale, bias, axis=-1, epsilon=_EPSILON)

    def _node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        output = f"{operator}.{len(self._nodes)}"
        self._nodes.append(self._onnx.helper.make_node(operator, inputs, [output], **attributes))
        return output

    def _integers(self, *values: int) -> str:
        return self._constant(f"integers{values}", self._np.array(values, self._np.int64))

    def _number(self, name: str, value: float) -> str:
        return self._constant(name, self._np.float32(value))

    def _constant(self, name: str, value: Any) -> str:
        if name not in self._constants:
            array = self._np.ascontiguousarray(value).reshape(self._np.shape(value))
            self._constants[name] = self._onnx.numpy_helper.from_array(array, name)
        return name
