"""The table of tags: an index of the tags that the rows of files hold."""

import sqlite3

__all__ = ["index_all_tags", "indexed_tags", "tags_to_index"]


def tags_to_index(connection: sqlite3.Connection) -> set[tuple[str, int]]:
    """Each tag with the place of its file, as the rows hold them."""
    found = connection.execute("SELECT tags, seq FROM files WHERE tags IS NOT NULL")
    return {(tag, seq) for tags, seq in found for tag in tags.split("\n")}


def indexed_tags(connection: sqlite3.Connection) -> set[tuple[str, int]]:
    """Each tag with the place of its file, as filters find them."""
    return {(tag, seq) for tag, seq in connection.execute("SELECT tag, seq FROM tags")}


def index_all_tags(connection: sqlite3.Connection) -> None:
    """Make the index again, if it differs from the rows."""
    held = tags_to_index(connection)
    if held != indexed_tags(connection):
        connection.execute("DELETE FROM tags")
        connection.executemany("INSERT INTO tags (tag, seq) VALUES (?, ?)", sorted(held))
