"""A host's configuration as a text: what it says of a server, and what it becomes with one installed."""

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from files_api_mcp.backends.errors import InvalidArgument
from files_api_mcp.server.install.entry import Entry
from files_api_mcp.server.install.hosts import Host
from files_api_mcp.server.install.json_edit import parsed_json, with_item, with_member
from files_api_mcp.server.install.toml_edit import parsed_toml, toml_with_member

__all__ = ["Configuration", "Found"]

Found = Literal["nothing", "the same", "another"]


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the host's file at `path` says; empty: there is none yet."""

    host: Host
    path: Path
    text: str = ""

    def find(self, name: str, entry: Entry) -> Found:
        """What stands under this name now, beside the entry that it is to be.

        Raises:
            InvalidArgument: The text cannot be read.
        """
        data = self._data(self.text)
        servers = data.get(self.host.section)
        if not isinstance(servers, dict) or name not in servers:
            return "nothing"
        server = cast("dict[str, Any]", servers)[name]
        return "the same" if server == entry.server and not _missing_inputs(data, entry) else "another"

    def installed(self, name: str, entry: Entry) -> str:
        """The text with the entry in it, and nothing else changed: that is checked before it is returned.

        Raises:
            InvalidArgument: The text cannot be read, or not be changed without changing more than the entry.
        """
        data = self._data(self.text)
        missing = _missing_inputs(data, entry)
        try:
            new = self._set(self.text, (self.host.section, name), entry.server)
            for asked in missing:
                new = self._with_input(new, asked)
            unharmed = self._data(new) == self._wanted(data, name, entry, missing)
        except ValueError as exc:
            raise self._refused(f"cannot be changed: {exc}") from None
        if not unharmed:
            raise self._refused("is written in a way that cannot be changed safely")
        return new

    @property
    def _comments(self) -> bool:
        return self.host.syntax == "jsonc"

    def _data(self, text: str) -> dict[str, Any]:
        toml = self.host.syntax == "toml"
        try:
            data = parsed_toml(text) if toml else parsed_json(text, comments=self._comments)
        except ValueError as exc:
            raise self._refused(f"is no valid {'TOML' if toml else 'JSON'}: {exc}") from None
        if not isinstance(data, dict):
            raise self._refused("holds no settings at its top")
        return data  # type: ignore[reportUnknownVariableType]

    def _set(self, text: str, path: tuple[str, ...], value: Any) -> str:
        if self.host.syntax == "toml":
            return toml_with_member(text, path, value)
        return with_member(text, path, value, comments=self._comments)

    def _with_input(self, text: str, asked: dict[str, Any]) -> str:
        if "inputs" in self._data(text):
            return with_item(text, "inputs", asked, comments=self._comments)
        return self._set(text, ("inputs",), [asked])

    def _wanted(self, data: dict[str, Any], name: str, entry: Entry, missing: list[dict[str, Any]]) -> dict[str, Any]:
        wanted = deepcopy(data)
        wanted.setdefault(self.host.section, {})[name] = entry.server
        if missing:
            wanted["inputs"] = [*wanted.get("inputs", []), *missing]
        return wanted

    def _refused(self, why: str) -> InvalidArgument:
        return InvalidArgument(
            f"{self.path} {why.rstrip('.')}.",
            "Nothing was changed. Mend the file and call again, or add by hand what --dry-run prints.",
        )


def _missing_inputs(data: dict[str, Any], entry: Entry) -> list[dict[str, Any]]:
    there: list[Any] = data["inputs"] if isinstance(data.get("inputs"), list) else []
    ids = [item.get("id") for item in there if isinstance(item, dict)]  # type: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return [asked for asked in entry.inputs if asked["id"] not in ids]
