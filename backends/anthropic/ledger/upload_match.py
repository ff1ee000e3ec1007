"""Whether a file that the API describes or lists can come from an upload."""

import unicodedata
from datetime import UTC, datetime, timedelta

from files_api_mcp.backends.anthropic.api.files import ApiFile
from files_api_mcp.backends.anthropic.ledger.rows import Content, Intent

__all__ = ["describes", "fits", "is_same_name", "since_start"]

_SLACK_WITHOUT_CLOCK_S = 60.0
_LIFETIME_SLACK_S = 60.0


def describes(file: ApiFile, content: Content) -> bool:
    """Whether the API's file has the name and size of a content."""
    return file.size_bytes == content.size_bytes and is_same_name(file.filename, content.filename)


def is_same_name(one: str, other: str) -> bool:
    """Whether a server may show one filename as the other: it may compose accents."""
    return unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)


def fits(file: ApiFile, intent: Intent, since: datetime) -> bool:
    """Whether a file was created since then, with the name, size and lifetime of an intent."""
    if not describes(file, intent.content) or file.created_at < since:
        return False
    if file.expires_at is None or intent.lifetime_s is None:
        # The beta dialect has no lifetimes.
        return file.expires_at is None
    lives_s = (file.expires_at - file.created_at).total_seconds()
    return abs(lives_s - intent.lifetime_s) <= _LIFETIME_SLACK_S


def since_start(server_now: datetime | None, age_s: float, slack_s: float) -> datetime:
    """The start of an upload, `age_s` ago by the server's clock, minus some slack."""
    slack = slack_s if server_now else _SLACK_WITHOUT_CLOCK_S
    return (server_now or datetime.now(UTC)) - timedelta(seconds=age_s + slack)
