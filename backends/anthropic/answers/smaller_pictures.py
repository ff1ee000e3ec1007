"""with_smaller_pictures: copies of pictures that a model takes, made from the originals on this machine."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from files_api_mcp.backends.anthropic.answers.content_blocks import ContextFile
from files_api_mcp.backends.anthropic.answers.context import Context
from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.models import PageImage
from files_api_mcp.backends.search.engine import SearchEngine

__all__ = ["with_smaller_pictures"]

_MOST_BYTES = 12_000_000
"""Of all copies in a request. Base64 makes them a third larger, and the API takes 32 MB, texts included."""
_MOST_NAMED = 3


async def with_smaller_pictures(context: Context, engine: SearchEngine) -> Context | None:
    """The same files, pictures that are too large as smaller copies, with a note; None if there is no such picture. The
    stored files do not change."""
    files: list[ContextFile] = []
    copied: list[str] = []
    room = _MOST_BYTES
    for file in context.files:
        picture = await _smaller(file, engine) if file.kind == "image" else None
        if picture is None or len(picture.data) > room:
            files.append(file)
            continue
        room -= len(picture.data)
        files.append(replace(file, picture=picture))
        copied.append(file.record.filename)
    return Context(files, [*context.notes, _note(copied)]) if copied else None


async def _smaller(file: ContextFile, engine: SearchEngine) -> PageImage | None:
    # Without its original, or with a damaged one, the model can only be sent the stored picture.
    with suppress(FilesError):
        (picture,) = await engine.images(file.record.id)
        # One that is small enough comes as it is.
        if len(picture.data) != file.record.size_bytes:
            return picture
    return None


def _note(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"Too large for the model, so it saw smaller copies: {', '.join(names[:_MOST_NAMED])}{more}."
