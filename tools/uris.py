"""URIs of stored files."""

from files_api_mcp.tools.arguments import is_file_id

__all__ = ["TEMPLATE", "id_in", "uri_of"]

_PREFIX = "files-api:///"

TEMPLATE = f"{_PREFIX}{{file_id}}"


def uri_of(file_id: str) -> str:
    """Where a client reads this file."""
    return _PREFIX + file_id


def id_in(uri: str) -> str | None:
    """The id that a URI of ours names; None for every other, one of our own spelled in another way included."""
    file_id = uri.removeprefix(_PREFIX)
    return file_id if file_id != uri and is_file_id(file_id) else None
