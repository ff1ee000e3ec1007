"""The places of tables in a text: every one leads to its rows, also of many."""

from pathlib import Path

import pytest

from files_api_mcp.server.dependencies import open_backend
from tests.backends.search.test_engine import Desk
from tests.support.agent import settings_for

pytestmark = pytest.mark.anyio


async def test_the_places_of_many_tables_lead_to_their_rows(tmp_path: Path) -> None:
    made = "".join(
        f"<h2>Part {number}</h2><table><tr><th>name<th>paid<tr><td>Alice<td>{number}<tr><td>Bob<td>{number}.5</table>"
        for number in range(60)
    )
    async with open_backend(settings_for(tmp_path)) as opened:
        desk = Desk(opened, tmp_path / "root")
        file_id = await desk.store("many.html", made)
        tables = await opened.tables.tables(file_id)
        assert len({table.name for table in tables}) == len(tables) == 60
        assert [table.where.partition(" ")[0] for table in tables] == ["section"] * 40 + ["chars"] * 20
        for number in (0, 39, 40, 59):
            (window,) = (await desk.library.read(file_id, at=tables[number].where, max_chars=1000)).windows
            assert f"{number}.5" in window.text
            assert f"{number + 1}.5" not in window.text
