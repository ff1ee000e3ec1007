"""The command in this process with a store of its own, and an emulator for the commands that use the API."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.server.emulator.sdk.running import Emulator, emulator
from tests.support.keyed_command import KEY
from tests.support.terminal import Here, in_this_process


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Generator[Emulator]:
    with emulator(tmp_path_factory.mktemp("emulator"), "--api-key", KEY, key=KEY) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], store: Path) -> Generator[Here]:
    # Without Tesseract: reading the one scanned page of the report takes longer than everything else.
    with in_this_process(monkeypatch, capfdbinary, store, PATH=str(store.parent / "no programs")) as command:
        yield command
