"""Sets one table in the text of TOML, and keeps comments and order."""

import tomllib
from collections.abc import MutableMapping
from typing import Any, cast

__all__ = ["parsed_toml", "toml_with_member", "toml_without_member"]


def parsed_toml(text: str) -> dict[str, Any]:
    """Parses a text.

    Raises:
        ValueError: It is not valid TOML.
    """
    return tomllib.loads(text)


def toml_with_member(text: str, path: tuple[str, ...], value: dict[str, Any]) -> str:
    """Returns the text with the table at `path` set, creating missing tables on the way.

    Raises:
        ValueError: A value on the way is not a table, or the text is not valid TOML.
    """
    # Imported here, because other hosts do not need it.
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        table: MutableMapping[str, Any] = document
        for key in path[:-1]:
            if key not in table:
                table[key] = tomlkit.table(is_super_table=True)
            table = _table(table[key])
        table[path[-1]] = value
        return tomlkit.dumps(document)
    except TOMLKitError as exc:
        raise ValueError(str(exc)) from None


def toml_without_member(text: str, path: tuple[str, ...]) -> str:
    """Returns the text without the table at `path`.

    Raises:
        ValueError: There is none, or the text is not valid TOML.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        table: MutableMapping[str, Any] = document
        for key in path[:-1]:
            table = _table(table[key])
        del table[path[-1]]
        return tomlkit.dumps(document)
    except (TOMLKitError, KeyError) as exc:
        raise ValueError(str(exc)) from None


def _table(value: Any) -> MutableMapping[str, Any]:
    if not isinstance(value, MutableMapping):
        raise ValueError("the value for servers is not a table")  # noqa: TRY004 - one error for a bad text
    return cast("MutableMapping[str, Any]", value)
