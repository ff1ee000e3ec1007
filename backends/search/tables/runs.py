"""Runs of rows, each quoted as one passage, within a budget of tokens."""

from collections.abc import Callable, Mapping, Sequence

from files_api_mcp.backends.search.index.rows import Document
from files_api_mcp.backends.search.page_texts import PageTexts
from files_api_mcp.backends.search.selection import Stretch
from files_api_mcp.backends.search.tables.text_rows import TextRow

__all__ = ["RowPacker"]

_LONGEST = 5_500
"""Code points of the longest run: a place is read whole by default."""
_SHORTEST = 6
"""Tokens of a short row. No more rows are packed than of these fit."""
_LONGER = 3
"""Tokens that the place of one run may take more than that of another."""
_NO_PASSAGE = -9
"""The passage of a run: nothing is joined to it."""

Run = list[TextRow]


class RowPacker:
    """Packs rows of documents into stretches. `cost` estimates the tokens of a text in the result, `frame` those that a
    stretch takes beside its text."""

    def __init__(
        self,
        documents: Mapping[int, Document],
        texts: PageTexts,
        cost: Callable[[str], int],
        frame: Callable[[Stretch], int],
    ) -> None:
        self._documents = documents
        self._texts = texts
        self._text_cost = cost
        self._frame = frame

    def runs(self, rows: Sequence[TextRow], position: int, room: int) -> list[Stretch]:
        """The stretches of a document's rows that fit into the room, in its order. If not all fit, those with most
        rows for their tokens are chosen."""
        if not rows:
            return []
        frame = self._frame(_stretch([rows[0]], position)) + _LONGER
        found = self._joined(rows[: room // _SHORTEST], position, frame)
        costs = [self._run_cost(run, position, frame) for run in found]
        chosen: dict[int, Stretch] = {}
        for place in sorted(range(len(found)), key=lambda one: (-len(found[one]) / costs[one], one)):
            run = found[place]
            stretch, spent = _stretch(run, position), costs[place]
            while spent > room and len(run) > 1:
                run = run[:-1]
                stretch = _stretch(run, position)
                spent = self._run_cost(run, position, frame)
            if spent <= room:
                chosen[place] = stretch
                room -= spent
        return [chosen[place] for place in sorted(chosen)]

    def cost(self, stretch: Stretch) -> int:
        """The tokens of a stretch in the result."""
        text = self._between(stretch.position, stretch.page, stretch.start, stretch.end)
        return self._frame(stretch) + self._text_cost(text)

    def _run_cost(self, run: Run, position: int, frame: int) -> int:
        return frame + self._text_cost(self._between(position, run[0].page, run[0].start, run[-1].end))

    def _joined(self, rows: Sequence[TextRow], position: int, frame: int) -> list[Run]:
        """The rows in the runs that cost least: the rows between two may cost less than another passage."""
        found: list[Run] = []
        for row in rows:
            if found and self._is_near(found[-1], row, position, frame):
                found[-1].append(row)
            else:
                found.append([row])
        return found

    def _is_near(self, run: Run, row: TextRow, position: int, frame: int) -> bool:
        last = run[-1]
        if (last.page, last.header) != (row.page, row.header) or row.end - run[0].start > _LONGEST:
            return False
        between = self._between(position, row.page, last.end, row.start)
        return not between.strip() or self._text_cost(between) < frame

    def _between(self, position: int, page: int, start: int, end: int) -> str:
        return self._texts.page(self._documents[position], page)[start:end]


def _stretch(run: Run, position: int) -> Stretch:
    none = _NO_PASSAGE
    return Stretch(position, run[0].page, none, none, none, run[0].start, run[-1].end, 1.0)
