"""Similarity by meaning, with a local sentence-embedding model that the operator provides. The `semantic` extra."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from files_api_mcp.backends.errors import InvalidArgument

__all__ = ["EmbeddingModel", "Similarity"]

Similarity = Callable[[str, Sequence[str]], list[float]]
"""The similarity of each text to a question, at most 1."""

_LONGEST = 256
"""Tokens of a text that count; models of this kind are trained on texts of this length."""
_AT_ONCE = 16


class EmbeddingModel:
    """Computes how similar texts are to a question in meaning.

    The folder holds a model as sentence-transformers exports it: `model.onnx` (there or in `onnx/`), which takes
    `input_ids` and `attention_mask` and gives a vector for each token or for the text, and `tokenizer.json`.

    Raises:
        InvalidArgument: The extra is not installed, or the folder has no such model.
    """

    def __init__(self, folder: Path) -> None:
        try:
            import numpy as np
            import onnxruntime  # pyright: ignore[reportMissingTypeStubs]  it ships none
            import tokenizers
        except ImportError:
            raise InvalidArgument(
                "Ranking by meaning needs the semantic extra.", "Install files-api-mcp[semantic]."
            ) from None
        self._np = np
        try:
            self._tokenizer: Any = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
            runtime: Any = onnxruntime
            options = runtime.SessionOptions()
            options.log_severity_level = 3
            self._session: Any = runtime.InferenceSession(
                str(_model_file(folder)), options, providers=["CPUExecutionProvider"]
            )
        except Exception as exc:
            # The errors of the two libraries are not documented, and may contain the whole path.
            raise InvalidArgument(
                f"The semantic model cannot be loaded ({type(exc).__name__}).",
                "Give a folder with model.onnx and tokenizer.json.",
            ) from exc
        self._tokenizer.enable_truncation(_LONGEST)
        self._tokenizer.enable_padding()
        self._inputs = {one.name for one in self._session.get_inputs()}
        self._lock = threading.Lock()

    def similarity(self, question: str, texts: Sequence[str]) -> list[float]:
        """The cosine of each text's vector to the question's, -1 to 1. Slow: call it in a thread."""
        with self._lock:
            question_vector = self._vectors([question])[0]
            found: list[float] = []
            for start in range(0, len(texts), _AT_ONCE):
                found += (self._vectors(texts[start : start + _AT_ONCE]) @ question_vector).tolist()
        return found

    def _vectors(self, texts: Sequence[str]) -> Any:
        np = self._np
        encoded = self._tokenizer.encode_batch(list(texts))
        mask = np.array([one.attention_mask for one in encoded], dtype=np.int64)
        inputs = {
            "input_ids": np.array([one.ids for one in encoded], dtype=np.int64),
            "attention_mask": mask,
            "token_type_ids": np.array([one.type_ids for one in encoded], dtype=np.int64),
        }
        output = self._session.run(None, {name: value for name, value in inputs.items() if name in self._inputs})[0]
        if output.ndim == 3:
            weights = mask[:, :, None]
            output = (output * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1)
        return output / np.maximum(np.linalg.norm(output, axis=1, keepdims=True), 1e-9)


def _model_file(folder: Path) -> Path:
    there = folder / "model.onnx"
    return there if there.is_file() else folder / "onnx" / "model.onnx"
