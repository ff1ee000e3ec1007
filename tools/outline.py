"""The outline of a document as lines: the place of each heading, sheet or part, and its title."""

from collections.abc import Sequence

from files_api_mcp.backends.models import OutlineEntry

__all__ = ["outline_lines", "short_outline"]

_MOST_TOKENS = 1_500
_DEEPEST = 6


def outline_lines(entries: Sequence[OutlineEntry]) -> list[str]:
    """One line for each entry, indented by its level. The place comes first."""
    highest = min((entry.level for entry in entries), default=1)
    return [_line(entry, highest) for entry in entries]


def short_outline(entries: Sequence[OutlineEntry]) -> list[str]:
    """The lines of an outline, of at most 1,500 estimated tokens: without the deepest levels if all is too long, and
    else only the first lines."""
    if not entries:
        return []
    levels = sorted({min(entry.level, _DEEPEST) for entry in entries}, reverse=True)
    for deepest in levels:
        lines = outline_lines([entry for entry in entries if entry.level <= deepest or deepest == _DEEPEST])
        if sum(map(_tokens, lines)) <= _MOST_TOKENS:
            return lines
    lines, room = outline_lines([entry for entry in entries if min(entry.level, _DEEPEST) == levels[-1]]), _MOST_TOKENS
    shown: list[str] = []
    for line in lines:
        room -= _tokens(line)
        if room < 0:
            break
        shown.append(line)
    return shown


def _line(entry: OutlineEntry, highest: int) -> str:
    title = f": {entry.title}" if entry.title else ""
    return f"{'  ' * (min(entry.level, _DEEPEST) - min(highest, _DEEPEST))}{entry.where}{title}"


def _tokens(line: str) -> int:
    # Imported here: its patterns take time that a server that only lists its tools does not need.
    from files_api_mcp.backends.tokens import estimate_tokens

    return estimate_tokens(line) + 2
