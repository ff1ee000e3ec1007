"""Skips tests that install packages if the package index is unreachable."""

import pytest

__all__ = ["skip_if_unreachable"]


def skip_if_unreachable(said: str) -> None:
    """Skip the test if uv cannot reach the package index; any other failure of uv fails the test."""
    if "Failed to fetch" in said or "Failed to download" in said:
        (reason,) = [line for line in said.splitlines() if line.startswith("error: ")][:1] or [said[-200:]]
        pytest.skip(f"the package index cannot be reached: {reason}")
