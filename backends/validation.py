"""What an upload may say about its bytes, by the rules of the Files API."""

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.backends.filenames import check_filename
from files_api_mcp.backends.models import NewFile

__all__ = ["LIFETIME_S", "check_new"]

LIFETIME_S = range(3600, 7_776_000 + 1)
"""Seconds that a file may be given to live: an hour to 90 days."""


def check_new(new: NewFile) -> None:
    """Pass what every place that holds files takes.

    Raises:
        BadFilename: The name breaks the rule.
        InvalidArgument: The lifetime is out of range.
    """
    check_filename(new.filename)
    if new.expires_in_seconds is not None and new.expires_in_seconds not in LIFETIME_S:
        raise InvalidArgument("expires_in_seconds must be between 3600 (an hour) and 7776000 (90 days).")
