"""A question, the files and pages that it is limited to, and the size of its answer."""

from dataclasses import dataclass

from files_api_mcp.backends.file_filter import FileFilter
from files_api_mcp.backends.search.ranking.page_range import PageRange

__all__ = ["Question", "left_out_notes"]


@dataclass(frozen=True, slots=True)
class Question:
    """Without `ids`, it is about all files that are `within`. `left_out` counts named files that are not."""

    text: str
    ids: tuple[str, ...]
    within: FileFilter
    pages: PageRange | None
    max_tokens: int
    left_out: int = 0

    @property
    def notes(self) -> list[str]:
        """What the answer says of the files that were left out."""
        return left_out_notes(self.left_out)


def left_out_notes(left_out: int) -> list[str]:
    """What a result says of named files that do not match `within`."""
    if not left_out:
        return []
    return [f"{left_out} of the named files {'does' if left_out == 1 else 'do'} not match within."]
