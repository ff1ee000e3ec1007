"""The tables of a database and their history."""

from dataclasses import dataclass

__all__ = ["Schema"]


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of one database and their migrations. `application_id` marks the file as one of this program's.

    Steps are append only: step n brings a database from version n-1 to n, and a released step never changes. Each step
    changes the definition of a table: the tables then show the version even if the header of the file is damaged.
    """

    application_id: int
    steps: tuple[tuple[str, ...], ...]

    @property
    def version(self) -> int:
        return len(self.steps)
