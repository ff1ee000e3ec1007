"""An emulator for the commands that use the API."""

from collections.abc import Generator

import pytest

from tests.server.emulator.sdk.running import Emulator, emulator
from tests.support.keyed_command import KEY


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Generator[Emulator]:
    with emulator(tmp_path_factory.mktemp("emulator"), "--api-key", KEY, key=KEY) as running:
        yield running
