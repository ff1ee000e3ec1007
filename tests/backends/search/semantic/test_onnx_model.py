"""The ONNX model computes what its weights say."""

import math
from typing import Any

import numpy as np
import pytest

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.search.semantic.embeddings import EmbeddingModel
from files_api_mcp.backends.search.semantic.onnx_model import onnx_model
from tests.support.semantic_model import LAYERS, SIZE, WORDS, made_files, made_weights

HEAD = 32


def encoded(weights: dict[str, Any], text: str) -> Any:
    """The unit vector of a text, in float64 and step by step: BERT, then the mean of the tokens."""
    ids = [WORDS.index(word) for word in text.split()]
    hidden = weights["embeddings.word_embeddings.weight"][ids].astype(np.float64)
    hidden = hidden + weights["embeddings.position_embeddings.weight"][: len(ids)]
    hidden = norm(weights, "embeddings.LayerNorm", hidden + weights["embeddings.token_type_embeddings.weight"][0])
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}."
        attended = dense(weights, f"{name}attention.output.dense", attention(weights, f"{name}attention.self.", hidden))
        hidden = norm(weights, f"{name}attention.output.LayerNorm", hidden + attended)
        wide = dense(weights, f"{name}intermediate.dense", hidden)
        gelu = wide * 0.5 * (1 + np.vectorize(math.erf)(wide / math.sqrt(2)))
        hidden = norm(weights, f"{name}output.LayerNorm", hidden + dense(weights, f"{name}output.dense", gelu))
    mean = hidden.mean(axis=0)
    return mean / np.linalg.norm(mean)


def attention(weights: dict[str, Any], name: str, hidden: Any) -> Any:
    query, key, value = (dense(weights, name + part, hidden) for part in ("query", "key", "value"))
    heads: list[Any] = []
    for start in range(0, SIZE, HEAD):
        part = slice(start, start + HEAD)
        scores = np.exp(query[:, part] @ key[:, part].T / math.sqrt(HEAD))
        heads.append(scores / scores.sum(axis=1, keepdims=True) @ value[:, part])
    return np.concatenate(heads, axis=1)


def dense(weights: dict[str, Any], name: str, hidden: Any) -> Any:
    return hidden @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def norm(weights: dict[str, Any], name: str, hidden: Any) -> Any:
    centered = hidden - hidden.mean(axis=1, keepdims=True)
    scaled = centered / np.sqrt((centered**2).mean(axis=1, keepdims=True) + 1e-12)
    return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_model_computes_the_encoder_of_its_weights(seed: int) -> None:
    weights = made_weights(seed)
    model = EmbeddingModel(onnx_model(weights), made_files()["tokenizer.json"])
    question, *texts = "fast automobile race", "a quick car", "the ship was slow", "race", "boat boat boat car"
    expected = [float(encoded(weights, text) @ encoded(weights, question)) for text in texts]
    assert model.similarity(question, texts) == pytest.approx(expected, abs=0.05)


def test_missing_weights_are_named() -> None:
    weights = made_weights()
    del weights["encoder.layer.1.output.dense.bias"]
    with pytest.raises(InvalidArgument, match=r"encoder\.layer\.1\.output\.dense\.bias"):
        onnx_model(weights)
