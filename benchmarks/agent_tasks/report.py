"""The table of played tasks, for a terminal and for the docs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.agent_tasks.play import Played

__all__ = ["show", "show_steps", "write"]

PAGE = Path(__file__).parents[2] / "docs" / "agents.md"
BEGIN, END = "<!-- tasks: begin -->\n", "<!-- tasks: end -->\n"
_SHOWN_CHARS = 400


def show(played: Mapping[str, Sequence[Played]]) -> None:
    """Print the table."""
    for line in table(played):
        print(line)


def table(played: Mapping[str, Sequence[Played]]) -> Iterator[str]:
    """A row for each task, the definitions, and the sums."""
    yield "| task | " + " | ".join(f"{name}: calls | tokens | answer" for name in played) + " |"
    yield "| --- |" + " --: | --: | --- |" * len(played)
    for row in zip(*played.values(), strict=True):
        yield f"| {row[0].task.title} | " + " | ".join(map(_cells, row)) + " |"
    yield (
        "| tool definitions, once | " + " | ".join(f" | {many[0].definitions:,} | " for many in played.values()) + " |"
    )
    yield "| all | " + " | ".join(map(_sums, played.values())) + " |"
    totals = [_total(many) for many in played.values()]
    if len(totals) > 1:
        yield f"\nTokens in all, this version / {list(played)[1]}: {totals[0] / totals[1]:.2f}"


def _cells(one: Played) -> str:
    return f"{len(one.steps):,} | {one.tokens:,} | {'right' if one.is_right else '**wrong**'}"


def _sums(many: Sequence[Played]) -> str:
    right = sum(one.is_right for one in many)
    return f"{sum(len(one.steps) for one in many):,} | {_total(many):,} | {right} of {len(many)} right"


def _total(many: Sequence[Played]) -> int:
    return many[0].definitions + sum(one.tokens for one in many)


def show_steps(version: str, one: Played, *, is_verbose: bool) -> None:
    """Print what came of a task; with all its calls, equal tools of a long run only counted."""
    print(f"\n{one.task.title}, {version}: {one.failure or one.answer}; {'right' if one.is_right else 'WRONG'}")
    if one.confirmed:
        print(f"  the user confirmed {len(one.confirmed):,} questions, first: {one.confirmed[0][:_SHOWN_CHARS]}")
    seen: Counter[str] = Counter()
    for step in one.steps if is_verbose else ():
        seen[step.tool] += 1
        if seen[step.tool] <= 20:
            shown = " ".join(step.result.split())
            print(f"  {step.tokens:6} {step.tool} {step.arguments[:_SHOWN_CHARS]}\n         {shown[:_SHOWN_CHARS]}")


def write(played: Mapping[str, Sequence[Played]]) -> None:
    """Write the table into the docs."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    text = f"Measured on {datetime.now(UTC).date().isoformat()}.\n\n" + "\n".join(table(played)) + "\n"
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
