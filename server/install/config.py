"""Finds and inserts a server's entry in the text of a host's configuration."""

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.server.install.hosts import Host
from files_api_mcp.server.install.json_edit import parsed_json, with_item, with_member
from files_api_mcp.server.install.plan import Entry
from files_api_mcp.server.install.toml_edit import parsed_toml, toml_with_member

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
        servers = data.get(self.host.section)
        if not isinstance(servers, dict) or name not in servers:
            return "nothing"
        server = cast("dict[str, Any]", servers)[name]
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

    def _set(self, text: str, path: tuple[str, ...], value: Any) -> str:
        if self.host.syntax == "toml":
            return toml_with_member(text, path, value)
        return with_member(text, path, value, comments=self._comments)

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
            "Nothing was changed. Fix the file and try again, or add the entry that --dry-run prints by hand.",
        )


def _missing_inputs(data: dict[str, Any], entry: Entry) -> list[dict[str, Any]]:
    existing: list[Any] = data["inputs"] if isinstance(data.get("inputs"), list) else []
    ids = [item.get("id") for item in existing if isinstance(item, dict)]  # type: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return [key_input for key_input in entry.inputs if key_input["id"] not in ids]
