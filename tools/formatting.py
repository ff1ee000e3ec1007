"""Formats page numbers, times and file URIs as text."""

from datetime import UTC, datetime

from files_api_mcp.tools.arguments.types import URI_PREFIX, is_file_id

__all__ = [
    "FILE_URI_TEMPLATE",
    "file_id_from_uri",
    "file_uri",
    "format_page",
    "format_size",
    "is_past",
    "printable",
    "rfc3339",
]

FILE_URI_TEMPLATE = f"{URI_PREFIX}{{file_id}}"


def format_page(page: int, label: str | None) -> str:
    """A page number, with the document's own page label if it differs."""
    return f"page {page} (labelled {label})" if label else f"page {page}"


def format_size(size_bytes: int) -> str:
    """A size, as in `1.2 MB`."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.1f} {unit}"
    return f"{size_bytes} B"


def printable(name: str) -> str:
    """A name on one line, with escapes for characters that nobody sees or that could change what a person reads."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in name)


def rfc3339(moment: datetime) -> str:
    """A time in UTC, to the second."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def is_past(moment: datetime | None) -> bool:
    """Whether a time has passed; None means never."""
    return moment is not None and moment <= datetime.now(UTC)


def file_uri(file_id: str) -> str:
    """The URI of the file's MCP resource."""
    return URI_PREFIX + file_id


def file_id_from_uri(uri: str) -> str | None:
    """The file id in one of our URIs; None for any other URI, and for another spelling of one of ours."""
    file_id = uri.removeprefix(URI_PREFIX)
    return file_id if file_id != uri and is_file_id(file_id) else None
