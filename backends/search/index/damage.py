"""Damage of the index: of the whole file, or of single documents in it. Nothing is lost, as both are built again."""

from collections.abc import Mapping

from files_api_mcp.backends.errors import StoreDamaged

__all__ = ["DocumentsDamaged", "IndexDamaged"]

_NEXT_STEP = "Call again: the index is built again from the stored files."


class IndexDamaged(StoreDamaged):
    """The index file is damaged."""

    def __init__(self) -> None:
        super().__init__("The index is damaged.", _NEXT_STEP)


class DocumentsDamaged(IndexDamaged):
    """Rows of these documents are damaged or missing. `documents` maps their ids to their keys."""

    def __init__(self, documents: Mapping[int, str]) -> None:
        super().__init__()
        self.documents = dict(documents)
