"""Servers that several tests share, as each takes a second to start: those tests leave no trace that others see."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.agent import write
from tests.support.http_server import TOKEN, Served, served


@pytest.fixture(scope="session", params=["http", "sse"])
def locked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    """A server that asks for a token, over each transport."""
    with served(tmp_path_factory.mktemp(request.param), request.param, token=TOKEN) as running:
        yield running


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    write(folder / "notes.md", "# Notes\n\nThe harbour opens at six.\n")
    return folder
