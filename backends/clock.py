"""Timestamps of the store: whole microseconds since 1970, UTC."""

from datetime import UTC, datetime, timedelta

__all__ = ["from_us", "to_us", "utc_now"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def utc_now() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)


def to_us(moment: datetime) -> int:
    """Microseconds since 1970, exact (a float would lose the last digit)."""
    return (moment - _EPOCH) // _MICROSECOND


def from_us(microseconds: int) -> datetime:
    """The UTC time of a number of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=microseconds)
