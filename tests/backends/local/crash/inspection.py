"""Is a store that was killed still what it promised to be?"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Self

import anyio

from files_api_mcp.backends.errors import NotFound, StoreDamaged
from files_api_mcp.backends.local import recovery
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

    def __iadd__(self, other: Self) -> Self:
        self.lost += other.lost
        self.wrong += other.wrong
        self.dangling += other.dangling
        self.undead += other.undead
        self.leftovers += other.leftovers
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
        recovery.find_orphans = lambda blobs, shards, connection: []
    return anyio.run(_inspect, data, stored, deleted)


async def _inspect(data: Path, stored: Mapping[str, str], deleted: Collection[str]) -> Faults:
    async with open_store(data) as store:
        return await _compare(store, stored, deleted)


async def _compare(store: LocalStore, stored: Mapping[str, str], deleted: Collection[str]) -> Faults:
    report = await store.check(read_data=True)
    faults = Faults(dangling=len(report.missing), wrong=len(report.wrong), leftovers=report.orphans)
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
