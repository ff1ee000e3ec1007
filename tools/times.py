"""Times as agents read them: RFC 3339, UTC."""

from datetime import UTC, datetime

__all__ = ["is_past", "rfc3339"]


def rfc3339(moment: datetime) -> str:
    """A moment to the second, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_past(moment: datetime | None) -> bool:
    """Whether a moment lies behind us; None never comes."""
    return moment is not None and moment <= datetime.now(UTC)
