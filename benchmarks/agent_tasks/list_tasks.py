"""Tasks about many stored files: delete those of a day, and continue a long list."""

from datetime import timedelta
from typing import Any

from benchmarks.agent_tasks.agent import Agent

__all__ = ["continue_list", "delete_yesterdays"]

_MOST_LISTED = 1000
_MOST_DELETED = 100
_PAGES = 3


async def delete_yesterdays(agent: Agent) -> dict[str, int]:
    """Delete all files that were stored yesterday, and none of the others."""
    ids = await _ids_of_yesterday(agent)
    if agent.offers("delete_file", "file_ids"):
        for at in range(0, len(ids), _MOST_DELETED):
            await agent.call("delete_file", file_ids=ids[at : at + _MOST_DELETED])
    else:
        for file_id in ids:
            await agent.call("delete_file", file_id=file_id)
    left = await agent.set_up("list_files", limit=_MOST_LISTED)
    return {"deleted": len(ids), "left": len(left.data["files"])}


async def _ids_of_yesterday(agent: Agent) -> list[str]:
    """The ids of the files, from a list that is newest first."""
    day = (agent.today - timedelta(days=1)).isoformat()
    scope: dict[str, Any] = {"limit": _MOST_LISTED}
    if agent.offers("list_files", "within"):
        scope["within"] = f"after:{day} before:{day}"
    ids: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await agent.call("list_files", **scope, **cursor)).data
        # A list of one day may leave out the time.
        days = [file.get("created_at", day)[: len(day)] for file in page["files"]]
        ids += [file["file_id"] for file, its_day in zip(page["files"], days, strict=True) if its_day == day]
        if min(days, default=day) < day or not page.get("next_cursor"):
            return ids
        cursor = {"cursor": page["next_cursor"]}


async def continue_list(agent: Agent) -> list[str]:
    """Show the minutes of meetings, newest first, and go on twice."""
    scope = {"within": "minutes/"} if agent.offers("list_files", "within") else {"name_contains": "minutes"}
    names: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(_PAGES):
        page = (await agent.call("list_files", **scope, **cursor)).data
        names += [file["filename"] for file in page["files"]]
        cursor = {"cursor": page["next_cursor"]}
    return names
