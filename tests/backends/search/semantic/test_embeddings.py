"""Ranking by meaning, with a small model that is made here: words of one meaning share a vector."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tokenizers import Tokenizer, models, pre_tokenizers

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.search.semantic.embeddings import load_folder
from tests.support.agent import connected, settings_for

MEANINGS = (("car", "automobile"), ("boat", "ship"), ("race",), ("the", "was", "a"), ("slow",), ("fast", "quick"))


def make_model(folder: Path, *, pooled: bool = False) -> Path:
    """A model whose vector of a word is that of its meaning."""
    words = ["[UNK]", *(word for meaning in MEANINGS for word in meaning)]
    vectors = np.zeros((len(words), len(MEANINGS) + 1), dtype=np.float32)
    vectors[0, -1] = 0.1
    for place, meaning in enumerate(MEANINGS):
        for word in meaning:
            vectors[words.index(word), place] = 1.0
    axes = ["batch", "tokens"]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, axes) for name in ("input_ids", "attention_mask")]
    nodes = [helper.make_node("Gather", ["vectors", "input_ids"], ["tokens" if pooled else "out"])]
    if pooled:
        nodes.append(helper.make_node("ReduceMean", ["tokens", "axis"], ["out"], keepdims=0))
    output = helper.make_tensor_value_info("out", TensorProto.FLOAT, None)
    constants = [onnx.numpy_helper.from_array(vectors, "vectors")]
    constants += [onnx.numpy_helper.from_array(np.array([1]), "axis")] if pooled else []
    graph = helper.make_graph(nodes, "meaning", inputs, [output], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    folder.mkdir(exist_ok=True)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    tokenizer: Any = Tokenizer(models.WordLevel({word: place for place, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.mark.parametrize("pooled", [False, True])
def test_words_of_one_meaning_are_near(tmp_path: Path, pooled: bool) -> None:
    model = load_folder(make_model(tmp_path / "model", pooled=pooled))
    near, far = model.similarity("automobile race", ["car race", "boat"])
    assert near == pytest.approx(1.0)
    assert far == pytest.approx(0.0)
    assert len(model.similarity("car", ["boat"] * 50)) == 50


def test_padding_does_not_count(tmp_path: Path) -> None:
    model = load_folder(make_model(tmp_path / "model"))
    alone = model.similarity("car", ["car"])
    beside = model.similarity("car", ["car", "the ship was a ship was a ship"])
    assert beside[0] == pytest.approx(alone[0])


def test_undecodable_bytes_of_a_command_line_do_not_count(tmp_path: Path) -> None:
    """A question may hold them: Python writes them as halves of surrogate pairs, which no tokenizer takes."""
    model = load_folder(make_model(tmp_path / "model"))
    assert model.similarity("car \udcff", ["car"]) == model.similarity("car ?", ["car"])


@pytest.mark.anyio
async def test_the_passage_that_means_the_same_comes_first(tmp_path: Path) -> None:
    text = "\n\n".join(f"the race was a {thing} race {'padding ' * 170}." for thing in ("slow boat", "quick car"))
    for folder, first in ((None, "boat"), (make_model(tmp_path / "model"), "car")):
        settings = settings_for(tmp_path, semantic_model=folder)
        async with connected(settings) as agent:
            file = await agent.upload("races.txt", text)
            answer = await agent.data("ask_document", question="fast automobile race", file_ids=[file["file_id"]])
            assert first in answer["passages"][0]["text"]


@pytest.mark.parametrize("content", [None, b"", b"not a model"])
def test_a_folder_without_a_model_is_told(tmp_path: Path, content: bytes | None) -> None:
    folder = make_model(tmp_path / "model")
    (folder / "model.onnx").unlink()
    if content is not None:
        (folder / "model.onnx").write_bytes(content)
    with pytest.raises(InvalidArgument) as caught:
        load_folder(folder)
    assert str(tmp_path) not in caught.value.text
