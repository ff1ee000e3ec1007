"""Damage of a data folder, and the result of `verify`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Literal

__all__ = ["Damage", "DamagedPart", "Verification", "repaired"]

_ROUNDS = 2
"""Damage may show only after another one is repaired: that of the rows of a table that could not be read."""

DamagedPart = Literal["database", "row", "content", "sidecar", "index", "ledger", "leftover"]


@dataclass(frozen=True, slots=True)
class Damage:
    """A damaged part of a data folder.

    `meaning` says in one sentence what the damage means for the user. `file_id` and `filename` are those of the file
    that it is about, if they are known.
    """

    part: DamagedPart
    meaning: str
    file_id: str | None = None
    filename: str | None = None
    repaired: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """The part, and its file or else its meaning: the damage of a file's bytes may change its meaning."""
        return self.part, self.file_id or self.meaning


@dataclass(slots=True)
class Verification:
    """The result of `verify`: files and bytes that were checked, content that files share counted once, and the
    damage that was found."""

    files: int = 0
    content_bytes: int = 0
    damages: list[Damage] = field(default_factory=list[Damage])

    @property
    def is_sound(self) -> bool:
        """Whether nothing is damaged now. What is only left over does no harm."""
        return all(one.repaired or one.part == "leftover" for one in self.damages)

    def add(self, other: "Verification") -> None:
        """Add the result for another part of the folder."""
        self.files += other.files
        self.content_bytes += other.content_bytes
        self.damages += other.damages


async def repaired(
    found: Verification,
    repair: Callable[[Verification], Awaitable[None]],
    check: Callable[[], Awaitable[Verification]],
) -> Verification:
    """Repair what was found, and what shows only then. Returns it all, with what is repaired marked as such."""
    left = found
    for _ in range(_ROUNDS):
        await repair(left)
        left = await check()
        named = {one.key for one in found.damages}
        found.damages += [one for one in left.damages if one.key not in named]
        if left.is_sound:
            break
    keys = {one.key for one in left.damages}
    found.damages = [replace(one, repaired=one.key not in keys) for one in found.damages]
    return found
