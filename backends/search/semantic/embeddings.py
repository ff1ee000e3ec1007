"""Similarity in meaning, with a sentence-embedding model on this machine. The `semantic` extra."""

import threading
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from files_api_mcp.backends.errors import InvalidArgument

__all__ = ["EmbeddingModel", "extra_missing", "is_extra_installed", "load_folder"]

_EXTRA = ("numpy", "onnx", "onnxruntime", "tokenizers")
_LONGEST = 256
"""Tokens of a text that count; models of this kind are trained on texts of this length."""
_KEPT = 500
"""Vectors of the last texts: with their texts, a megabyte or two."""


def is_extra_installed() -> bool:
    """Whether the packages of the extra are there. It imports none of them."""
    # Imported here: a server without a model does not need it to start.
    from importlib.util import find_spec

    return all(find_spec(name) is not None for name in _EXTRA)


def extra_missing() -> InvalidArgument:
    """The error if they are not."""
    return InvalidArgument("Ranking by meaning needs the semantic extra.", "Install files-api-mcp[semantic].")


class EmbeddingModel:
    """Computes how similar texts are to a question in meaning. Threads may share it: they take turns.

    `model` is an ONNX model, or its path. It takes `input_ids` and `attention_mask` and gives a vector for each token
    or for the text. `tokenizer` is the content of its `tokenizer.json`.

    Raises:
        InvalidArgument: The extra is not installed, or this is no such model.
    """

    def __init__(self, model: bytes | str, tokenizer: bytes) -> None:
        try:
            import numpy as np
            import onnxruntime  # pyright: ignore[reportMissingTypeStubs]  it ships none
            import tokenizers
        except ImportError:
            raise extra_missing() from None
        self._np = np
        self._lock = threading.Lock()
        # The next question is often about the same passages.
        self._vector = lru_cache(maxsize=_KEPT)(self._encode)
        try:
            self._tokenizer: Any = tokenizers.Tokenizer.from_buffer(tokenizer)
            self._tokenizer.enable_truncation(_LONGEST)
            self._tokenizer.no_padding()
            self._session: Any = _session(onnxruntime, model)
            self._inputs = {one.name for one in self._session.get_inputs()}
            self._encode("a")
        except Exception as exc:
            # The errors of the two libraries are not documented, and may contain the whole path.
            raise _unusable(exc) from exc

    def similarity(self, question: str, texts: Iterable[str]) -> list[float]:
        """The cosine of each text's vector to the question's, -1 to 1. Slow: call it in a thread."""
        with self._lock:
            asked = self._vector(question)
            return [float(self._vector(text) @ asked) for text in texts]

    def _encode(self, text: str) -> Any:
        # One text at a time: a batch costs a fifth more time and twice the memory, as its texts are padded.
        np = self._np
        # The tokenizer refuses halves of surrogate pairs.
        encoded = self._tokenizer.encode(text.encode("utf-8", "replace").decode())
        inputs = {
            "input_ids": [encoded.ids],
            "attention_mask": [encoded.attention_mask],
            "token_type_ids": [encoded.type_ids],
        }
        given = {name: np.array(value, dtype=np.int64) for name, value in inputs.items() if name in self._inputs}
        output = self._session.run(None, given)[0][0]
        vector = output.mean(axis=0) if output.ndim == 2 else output
        return vector / max(float(np.linalg.norm(vector)), 1e-9)


def load_folder(folder: Path) -> EmbeddingModel:
    """Load the model of a folder, as sentence-transformers exports it: `model.onnx` (there or in `onnx/`), which may
    keep weights in files beside it, and `tokenizer.json`.

    Raises:
        InvalidArgument: The extra is not installed, or the folder has no such model.
    """
    there = folder / "model.onnx"
    try:
        tokenizer = (folder / "tokenizer.json").read_bytes()
    except OSError as exc:
        raise _unusable(exc) from exc
    return EmbeddingModel(str(there if there.is_file() else folder / "onnx" / "model.onnx"), tokenizer)


def _session(onnxruntime: Any, model: bytes | str) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # More threads make an answer hardly faster, and its processor time longer.
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _unusable(exc: Exception) -> InvalidArgument:
    return InvalidArgument(
        f"The semantic model cannot be loaded ({type(exc).__name__}).",
        "Give a folder with model.onnx and tokenizer.json.",
    )
