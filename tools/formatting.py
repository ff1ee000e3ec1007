"""Formats page numbers, times and file URIs as text."""

from datetime import UTC, datetime

from files_api_mcp.tools.arguments import is_file_id

__all__ = [
    "FILE_URI_TEMPLATE",
    "file_id_from_uri",
    "file_uri",
    "format_page",
    "is_past",
    "rfc3339",
]

_URI_PREFIX = "files-api:///"

FILE_URI_TEMPLATE = f"{_URI_PREFIX}{{file_id}}"


def format_page(page: int, label: str | None) -> str:
    """A page number, with the document's own page label if it differs."""
    return f"page {page} (labelled {label})" if label else f"page {page}"


def rfc3339(moment: datetime) -> str:
    """A time in UTC, to the second."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def is_past(moment: datetime | None) -> bool:
    """Whether a time has passed; None means never."""
    return moment is not None and moment <= datetime.now(UTC)


def file_uri(file_id: str) -> str:
    """The URI of the file's MCP resource."""
    return _URI_PREFIX + file_id


def file_id_from_uri(uri: str) -> str | None:
    """The file id in one of our URIs; None for any other URI, and for another spelling of one of ours."""
    file_id = uri.removeprefix(_URI_PREFIX)
    return file_id if file_id != uri and is_file_id(file_id) else None
