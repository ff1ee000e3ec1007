"""Plays a task with a version, in a new data folder, and judges what the agent would say."""

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.agent_tasks.agent import Agent, Step, connected
from benchmarks.agent_tasks.servers import Version
from benchmarks.agent_tasks.tasks import Task

__all__ = ["Played", "play"]

_ANSWERS: dict[str, Any] = json.loads(Path(__file__).with_name("answers.json").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a task. `answer` is None if the policy could not go on; `failure` says why."""

    task: Task
    answer: Any
    failure: str
    steps: Sequence[Step]
    confirmed: Sequence[str]
    definitions: int

    @property
    def is_right(self) -> bool:
        """Whether the answer is the expected one."""
        return self.answer == _ANSWERS.get(self.task.name)

    @property
    def tokens(self) -> int:
        """Tokens of all arguments and results."""
        return sum(step.tokens for step in self.steps)


async def play(task: Task, version: Version, inputs: Path) -> Played:
    """Play a task about these files. They are copied, as a task may change them."""
    with tempfile.TemporaryDirectory() as name:
        root, data = Path(name, "root"), Path(name, "data")
        shutil.copytree(inputs, root)
        now = datetime.now(UTC)
        for paths, days in ((task.earlier, 3), (task.yesterday, 1)):
            if paths:
                command = version.serve_at(now - timedelta(days=days), data, root)
                async with connected(command, root, now.date()) as agent:
                    await _store(agent, paths, reads=task.reads)
        async with connected(version.serve(data, root, *task.options), root, now.date()) as agent:
            await _store(agent, task.stored, reads=task.reads)
            if task.change:
                task.change(root)
            answer, failure = await _answer(task, agent)
            return Played(task, answer, failure, agent.steps, agent.confirmed, agent.definition_tokens)


async def _store(agent: Agent, paths: Sequence[str], *, reads: bool) -> None:
    """Store files, and wait until their texts can be searched if that matters."""
    for path in paths:
        await agent.set_up("upload_file", path=path)
    cursor: dict[str, str] = {}
    while paths and reads:
        page = (await agent.set_up("list_files", limit=100, **cursor)).data
        for file in page["files"]:
            while (await agent.set_up("describe_file", file_id=file["file_id"])).data.get("state") == "reading":
                pass
        if not page.get("next_cursor"):
            return
        cursor = {"cursor": page["next_cursor"]}


async def _answer(task: Task, agent: Agent) -> tuple[Any, str]:
    try:
        return await task.play(agent), ""
    except (KeyError, ValueError, IndexError, TypeError) as error:
        # The policy met a result without what it needs, such as an error.
        last = agent.steps[-1].result if agent.steps else ""
        return None, f"{type(error).__name__}: {error}; last result: {last[:300]}"
