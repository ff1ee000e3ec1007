"""Finds and inserts a server's entry in the text of a host's configuration."""

import json
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.server.install.hosts import Host
from files_api_mcp.server.install.json_edit import parsed_json, with_item, with_member, without_child
from files_api_mcp.server.install.plan import KEY_INPUT, Entry
from files_api_mcp.server.install.toml_edit import parsed_toml, toml_with_member, toml_without_member

__all__ = ["Configuration", "Found"]

Found = Literal["nothing", "the same", "another"]
"""The entry under a name, compared with the new one."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """The text of the host's file at `path`; empty if there is no file yet."""

    host: Host
    path: Path
    text: str = ""

    def find(self, name: str, entry: Entry) -> Found:
        """Compares the entry under this name with the new one.

        Raises:
            InvalidArgument: The text cannot be parsed.
        """
        data = self._data(self.text)
        servers = self._servers(data)
        if name not in servers:
            return "nothing"
        server = servers[name]
        return "the same" if server == entry.server and not _missing_inputs(data, entry) else "another"

    def with_entry(self, name: str, entry: Entry) -> str:
        """Returns the text with the entry in it, after checking that nothing else has changed.

        Raises:
            InvalidArgument: The text cannot be parsed, or the entry cannot be inserted without other changes.
        """
        data = self._data(self.text)
        missing = _missing_inputs(data, entry)
        try:
            new = self._set(self.text, (self.host.section, name), entry.server)
            for key_input in missing:
                new = self._with_input(new, key_input)
            unchanged = self._data(new) == self._expected(data, name, entry, missing)
        except ValueError as exc:
            raise self._invalid(f"cannot be changed: {exc}") from None
        if not unchanged:
            raise self._invalid("is written in a way that cannot be changed safely")
        return new

    def without_entry(self, name: str) -> str:
        """Returns the text without the entry of this name, and without an input that only it used, after checking that
        nothing else has changed.

        Raises:
            InvalidArgument: The text cannot be parsed, or the entry cannot be removed without other changes.
        """
        expected = deepcopy(self._data(self.text))
        del self._servers(expected)[name]
        try:
            new = self._without(self.text, (self.host.section, name))
            unused = _unused_input(expected)
            if unused is not None:
                del expected["inputs"][unused]
                new = self._without(new, ("inputs", unused))
            unchanged = self._data(new) == expected
        except (ValueError, KeyError) as exc:
            raise self._invalid(f"cannot be changed: {exc}") from None
        if not unchanged:
            raise self._invalid("is written in a way that cannot be changed safely")
        return new

    def entry(self, name: str) -> dict[str, Any] | None:
        """The entry under a name; None if there is none.

        Raises:
            InvalidArgument: The text cannot be parsed.
        """
        server = self._servers(self._data(self.text)).get(name)
        return cast("dict[str, Any]", server) if isinstance(server, dict) else None

    @property
    def _comments(self) -> bool:
        return self.host.syntax == "jsonc"

    def _data(self, text: str) -> dict[str, Any]:
        toml = self.host.syntax == "toml"
        try:
            data = parsed_toml(text) if toml else parsed_json(text, comments=self._comments)
        except ValueError as exc:
            raise self._invalid(f"is not valid {'TOML' if toml else 'JSON'}: {exc}") from None
        if not isinstance(data, dict):
            raise self._invalid("does not contain settings at the top level")
        return data  # type: ignore[reportUnknownVariableType]

    def _servers(self, data: dict[str, Any]) -> dict[str, Any]:
        """The servers' entries by name; empty if there are none, or the value is not an object."""
        servers = data.get(self.host.section)
        return cast("dict[str, Any]", servers) if isinstance(servers, dict) else {}

    def _set(self, text: str, path: tuple[str, ...], value: Any) -> str:
        if self.host.syntax == "toml":
            return toml_with_member(text, path, value)
        return with_member(text, path, value, comments=self._comments)

    def _without(self, text: str, path: tuple[str | int, ...]) -> str:
        if self.host.syntax == "toml":
            return toml_without_member(text, tuple(map(str, path)))
        return without_child(text, path, comments=self._comments)

    def _with_input(self, text: str, key_input: dict[str, Any]) -> str:
        if "inputs" in self._data(text):
            return with_item(text, "inputs", key_input, comments=self._comments)
        return self._set(text, ("inputs",), [key_input])

    def _expected(self, data: dict[str, Any], name: str, entry: Entry, missing: list[dict[str, Any]]) -> dict[str, Any]:
        expected = deepcopy(data)
        expected.setdefault(self.host.section, {})[name] = entry.server
        if missing:
            expected["inputs"] = [*expected.get("inputs", []), *missing]
        return expected

    def _invalid(self, why: str) -> InvalidArgument:
        return InvalidArgument(
            f"{self.path} {why.rstrip('.')}.",
            "Nothing was changed. Fix the file and try again, or change the entry by hand.",
        )


def _unused_input(data: dict[str, Any]) -> int | None:
    """The index of the input of our key, if nothing refers to it any more."""
    inputs: list[Any] = data["inputs"] if isinstance(data.get("inputs"), list) else []
    if f"${{input:{KEY_INPUT}}}" in json.dumps(data):
        return None
    ours = (at for at, item in enumerate(inputs) if isinstance(item, dict) and item.get("id") == KEY_INPUT)  # type: ignore[reportUnknownMemberType]
    return next(ours, None)


def _missing_inputs(data: dict[str, Any], entry: Entry) -> list[dict[str, Any]]:
    existing: list[Any] = data["inputs"] if isinstance(data.get("inputs"), list) else []
    ids = [item.get("id") for item in existing if isinstance(item, dict)]  # type: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return [key_input for key_input in entry.inputs if key_input["id"] not in ids]
