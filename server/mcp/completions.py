"""Completion of file ids and prompt arguments, by the start of an id or a part of a filename."""

from collections.abc import Collection

from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, CompleteRequestParams, Completion, PromptReference

from files_api_mcp.backends.base import FilesBackend
from files_api_mcp.server.mcp.prompts import FILES, SEPARATOR, list_prompts
from files_api_mcp.tools.formatting import FILE_URI_TEMPLATE
from files_api_mcp.tools.result_size import MOST_TOKENS

__all__ = ["complete_argument"]

_MAX_VALUES = 100
"""Values in one result; the protocol's limit."""

_MAX_ID = 128
"""Characters in the longest file id."""

_MAX_TYPED = 255
"""Characters in the longest filename; a longer text matches nothing."""


async def complete_argument(params: CompleteRequestParams, files: FilesBackend, offered: Collection[str]) -> Completion:
    """The newest files that match the typed text. In a list of ids, the last one is completed.

    Raises:
        MCPError: The template, prompt or argument does not exist.
    """
    if not _takes_files(params, offered):
        return Completion(values=[], total=0, has_more=False)
    before, typed = "", params.argument.value
    chosen: set[str] = set()
    if isinstance(params.ref, PromptReference):
        before, typed, chosen = _split(typed)
    if len(typed) > _MAX_TYPED:
        return Completion(values=[], total=0, has_more=False)
    found = await files.find(typed, limit=_MAX_VALUES)
    values = [before + file.id for file in found.files if file.id not in chosen]
    left_out = len(found.files) - len(values)
    total = None if found.total is None else found.total - left_out
    # No estimate is higher than a token for each character.
    shown = values[: MOST_TOKENS // (len(before) + _MAX_ID + 3)]
    return Completion(values=shown, total=total, has_more=found.more or len(shown) < len(values))


def _takes_files(params: CompleteRequestParams, offered: Collection[str]) -> bool:
    name = params.argument.name
    if isinstance(params.ref, PromptReference):
        for prompt in list_prompts(offered):
            if prompt.name == params.ref.name:
                if name not in {argument.name for argument in prompt.arguments or ()}:
                    raise MCPError(INVALID_PARAMS, f"{prompt.name} does not have that argument.")
                return name == FILES
        raise MCPError(INVALID_PARAMS, "Unknown prompt.")
    if params.ref.uri != FILE_URI_TEMPLATE or name != "file_id":
        raise MCPError(INVALID_PARAMS, f"Unknown template or argument. The template is {FILE_URI_TEMPLATE}.")
    return True


def _split(text: str) -> tuple[str, str, set[str]]:
    """Splits a list of ids into the text before the last, the last, and the set of the others."""
    head, comma, last = text.rpartition(SEPARATOR)
    chosen = [one.strip() for one in head.split(SEPARATOR) if one.strip()]
    before = "".join(f"{one}{SEPARATOR} " for one in chosen) if comma else ""
    return before, last.strip(), set(chosen)
