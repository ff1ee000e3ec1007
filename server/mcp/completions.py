"""Completion of file ids, by their beginning or by a part of the file's name, while somebody types."""

from collections.abc import Collection

from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, CompleteRequestParams, Completion, PromptReference

from files_api_mcp.backends.base import FilesBackend
from files_api_mcp.server.mcp.prompts import FILES, SEPARATOR, list_prompts
from files_api_mcp.tools.formatting import FILE_URI_TEMPLATE

__all__ = ["complete_argument"]

_MOST_VALUES = 100
"""What the protocol allows."""

_LONGEST = 255
"""Characters of a file's name; a longer text matches nothing."""


async def complete_argument(params: CompleteRequestParams, files: FilesBackend, offered: Collection[str]) -> Completion:
    """The newest files that match what was typed. A list of ids is completed at its end.

    Raises:
        MCPError: There is no such template, prompt or argument.
    """
    if not _takes_files(params, offered):
        return Completion(values=[], total=0, has_more=False)
    before, typed = "", params.argument.value
    chosen: set[str] = set()
    if isinstance(params.ref, PromptReference):
        before, typed, chosen = _split(typed)
    if len(typed) > _LONGEST:
        return Completion(values=[], total=0, has_more=False)
    found = await files.find(typed, limit=_MOST_VALUES)
    values = [before + file.id for file in found.files if file.id not in chosen]
    left_out = len(found.files) - len(values)
    return Completion(values=values, total=None if found.total is None else found.total - left_out, has_more=found.more)


def _takes_files(params: CompleteRequestParams, offered: Collection[str]) -> bool:
    name = params.argument.name
    if isinstance(params.ref, PromptReference):
        for prompt in list_prompts(offered):
            if prompt.name == params.ref.name:
                if name not in {argument.name for argument in prompt.arguments or ()}:
                    raise MCPError(INVALID_PARAMS, f"{prompt.name} has no such argument.")
                return name == FILES
        raise MCPError(INVALID_PARAMS, "There is no such prompt.")
    if params.ref.uri != FILE_URI_TEMPLATE or name != "file_id":
        raise MCPError(INVALID_PARAMS, f"There is no such template or argument. The template is {FILE_URI_TEMPLATE}.")
    return True


def _split(text: str) -> tuple[str, str, set[str]]:
    """What stands before the last of several ids, that last one, and those before."""
    head, comma, last = text.rpartition(SEPARATOR)
    chosen = [one.strip() for one in head.split(SEPARATOR) if one.strip()]
    before = "".join(f"{one}{SEPARATOR} " for one in chosen) if comma else ""
    return before, last.strip(), set(chosen)
