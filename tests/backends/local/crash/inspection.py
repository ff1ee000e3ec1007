"""Is a store that was killed still what it promised to be?"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Self

import anyio

from files_api_mcp.backends.errors import NotFound, StoreDamaged
from files_api_mcp.backends.local.repair import recovery
from files_api_mcp.backends.local.repair.verification import verify_store
from files_api_mcp.backends.local.store import LocalStore, open_store


@dataclass(slots=True)
class Faults:
    """Counts of broken promises."""

    lost: int = 0
    """acknowledged, and not there"""
    wrong: int = 0
    """there with other bytes"""
    dangling: int = 0
    """a row without bytes"""
    undead: int = 0
    """deletion acknowledged, and still there"""
    leftovers: int = 0
    """content that no file needs, after a start"""
    damaged: int = 0
    """a damaged row or sidecar"""

    def __iadd__(self, other: Self) -> Self:
        self.lost += other.lost
        self.wrong += other.wrong
        self.dangling += other.dangling
        self.undead += other.undead
        self.leftovers += other.leftovers
        self.damaged += other.damaged
        return self

    @property
    def any(self) -> bool:
        return any(astuple(self))

    def to_line(self) -> bytes:
        return " ".join(str(count) for count in astuple(self)).encode()

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        return cls(*(int(count) for count in line.split()))


def inspect_store(data: Path, stored: Mapping[str, str], deleted: Collection[str], *, recover: bool) -> Faults:
    """Open the store as the next start would (or, without `recover`, without its clearing away) and compare."""
    if not recover:
        recovery.find_untidy = lambda folder, shards, connection: recovery.Untidy([], [], [], [])
    return anyio.run(_inspect, data, stored, deleted)


async def _inspect(data: Path, stored: Mapping[str, str], deleted: Collection[str]) -> Faults:
    async with open_store(data) as store:
        return await _compare(data, store, stored, deleted)


async def _compare(data: Path, store: LocalStore, stored: Mapping[str, str], deleted: Collection[str]) -> Faults:
    found = (await verify_store(data, read_data=True)).damages
    content = [one.meaning for one in found if one.part == "content"]
    # What an interrupted upload left may be set aside.
    leftovers = [one for one in found if one.part == "leftover" and "set aside until" not in one.meaning]
    faults = Faults(
        dangling=sum("missing" in meaning for meaning in content),
        wrong=sum("differ" in meaning for meaning in content),
        leftovers=len(leftovers),
        damaged=sum(one.part in {"database", "row", "sidecar"} for one in found),
    )
    for file_id, sha256 in stored.items():
        try:
            if await _sha256(store, file_id) != sha256:
                faults.wrong += 1
        except NotFound:
            faults.lost += 1
        except StoreDamaged:
            continue  # counted by the check
    for file_id in deleted:
        try:
            await store.describe(file_id)
        except NotFound:
            continue
        faults.undead += 1
    return faults


async def _sha256(store: LocalStore, file_id: str) -> str:
    digest = hashlib.sha256()
    async with store.download(file_id) as (_, chunks):
        async for chunk in chunks:
            digest.update(chunk)
    return digest.hexdigest()
