"""The twelve tasks: what is stored before each of them, and the policy that plays it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.agent_tasks import document_tasks, folder_tasks, list_tasks
from benchmarks.agent_tasks.agent import Agent
from benchmarks.agent_tasks.inputs import MINUTES

__all__ = ["TASKS", "Task"]

_LIBRARY = ("contracts", "reports", "manuals", "handbook")


@dataclass(frozen=True, slots=True)
class Task:
    """A task. Its policy knows the goal, the tool definitions and the results, and returns what the agent would say.

    `earlier`, `yesterday` and `stored`: paths that are stored before, in this order; the first two by a server with
    another date. `reads`: whether the task needs their texts. `options`: of the server. `change`: changes the folder of
    the server after that.
    """

    name: str
    title: str
    play: Callable[[Agent], Awaitable[Any]]
    stored: Sequence[str] = ()
    earlier: Sequence[str] = ()
    yesterday: Sequence[str] = ()
    reads: bool = True
    options: Sequence[str] = ()
    change: Callable[[Path], None] | None = None


TASKS = (
    Task("folder", "summarise a folder of 40 contracts", folder_tasks.summarise_folder),
    Task("clause", "find a clause across them", folder_tasks.find_clause, _LIBRARY),
    Task("compare", "compare two reports", folder_tasks.compare_reports, _LIBRARY),
    Task("scan", "a scanned page", document_tasks.read_scan),
    Task("figure", "a figure in a PDF", document_tasks.find_figure),
    Task("total", "a spreadsheet total", document_tasks.add_up_column),
    Task(
        "changed",
        "a file changed since upload",
        document_tasks.use_changed_file,
        ("handbook", "finance"),
        change=document_tasks.change_tariff,
    ),
    Task("wrong-id", "a wrong id", document_tasks.recover_from_wrong_id, ("handbook", "scans")),
    Task("too-big", "a file that is too big", document_tasks.report_too_big, options=("--max-file-size", "1000000")),
    Task(
        "delete",
        "delete yesterday's 1,050 files",
        list_tasks.delete_yesterdays,
        ("imports/today",),
        earlier=("imports/earlier",),
        yesterday=("imports/yesterday-1", "imports/yesterday-2"),
        reads=False,
    ),
    Task("quote", "an exact quote with its place", folder_tasks.quote_exactly, _LIBRARY),
    Task("list", "continue a long list", list_tasks.continue_list, ("handbook", *MINUTES), reads=False),
)
