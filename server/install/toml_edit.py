"""TOML that people edit: one value set in its text, comments and order kept."""

import tomllib
from collections.abc import MutableMapping
from typing import Any, cast

__all__ = ["parsed_toml", "toml_with_member"]


def parsed_toml(text: str) -> dict[str, Any]:
    """The value of a text.

    Raises:
        ValueError: It is no TOML.
    """
    return tomllib.loads(text)


def toml_with_member(text: str, path: tuple[str, ...], value: dict[str, Any]) -> str:
    """The text with the table at `path` set, tables on the way made where they are missing.

    Raises:
        ValueError: Something on the way is no table, or the text is no TOML.
    """
    # Here, as the other hosts need none of it.
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


def _table(value: Any) -> MutableMapping[str, Any]:
    if not isinstance(value, MutableMapping):
        raise ValueError("it holds something else where servers should be")  # noqa: TRY004 - one error for a bad text
    return cast("MutableMapping[str, Any]", value)
