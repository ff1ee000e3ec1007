"""Blocks of content, for results that are a text or a file rather than data."""

from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Block", "FileBlock", "ImageBlock", "TextBlock"]


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Text for the model."""

    text: str


@dataclass(frozen=True, slots=True)
class ImageBlock:
    """An image that the model sees."""

    data: bytes
    mime_type: str


@dataclass(frozen=True, slots=True)
class FileBlock:
    """A file's bytes, named by a URI."""

    data: bytes
    mime_type: str
    uri: str


Block: TypeAlias = TextBlock | ImageBlock | FileBlock
