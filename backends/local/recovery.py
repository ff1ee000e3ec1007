"""Recovery at start: prepares the folder, checks the table of files, and removes what a crash left behind."""

import sqlite3
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from files_api_mcp.backends.local.files_table import is_referred_to
from files_api_mcp.backends.local.schema import FILES
from files_api_mcp.backends.storage.blobs import Blobs
from files_api_mcp.backends.storage.folders import make_private
from files_api_mcp.backends.storage.sqlite import Database, check_integrity, create_or_migrate, writing

__all__ = ["find_orphans", "prepare_folder", "recover", "shard_groups"]

_SHARDS_AT_ONCE = 16
_REMOVED_AT_ONCE = 200


def prepare_folder(data_dir: Path) -> None:
    """Create the data folder (0700) and its folder of blobs, or check existing ones.

    Raises:
        PermissionDenied: A folder is not writable, or belongs to another user.
        StoreDamaged: A file has the name of a folder.
    """
    make_private(data_dir, data_dir / "blobs")


async def recover(database: Database, blobs: Blobs) -> None:
    """Check the database, migrate it, and remove content that no row needs.

    Nothing is changed before the check: with a damaged database, all content could look unneeded.

    Raises:
        StoreDamaged: The database is damaged, newer than this program, or of another program.
    """
    await database.run(check_integrity)
    await database.run(partial(create_or_migrate, schema=FILES, may_create=blobs.is_empty))
    for shards in await database.run(lambda _: shard_groups(blobs)):
        orphans = await database.run(partial(find_orphans, blobs, shards))
        for start in range(0, len(orphans), _REMOVED_AT_ONCE):
            await database.run(partial(_remove_orphans, blobs, orphans[start : start + _REMOVED_AT_ONCE]))


def shard_groups(blobs: Blobs) -> list[list[str]]:
    """The shards in order, in groups: each is searched in one short call to a thread."""
    shards = blobs.shards()
    return [shards[start : start + _SHARDS_AT_ONCE] for start in range(0, len(shards), _SHARDS_AT_ONCE)]


def find_orphans(blobs: Blobs, shards: Sequence[str], connection: sqlite3.Connection) -> list[str]:
    """The hashes of contents without a row. One may belong to a running upload: check again under the lock."""
    # Contents first: a row that is committed in between then saves its content.
    found = {sha256 for shard in shards for sha256 in blobs.in_shard(shard)}
    query = "SELECT sha256 FROM files WHERE has_content = 1 AND sha256 BETWEEN ? AND ?"
    for (sha256,) in connection.execute(query, (shards[0], f"{shards[-1]}g")):
        found.discard(sha256)
    return sorted(found)


def _remove_orphans(blobs: Blobs, orphans: Sequence[str], connection: sqlite3.Connection) -> None:
    with writing(connection):
        for sha256 in orphans:
            if not is_referred_to(connection, sha256):
                blobs.remove(sha256)
