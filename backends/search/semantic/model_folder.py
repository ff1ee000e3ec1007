"""The enabled model in a data folder: its ONNX file, its tokenizer, and a manifest with their hashes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from files_api_mcp.backends.errors import StoreDamaged
from files_api_mcp.backends.search.semantic.embeddings import is_extra_installed
from files_api_mcp.backends.search.semantic.pretrained import PinnedFile

__all__ = ["MANIFEST", "MODEL", "TOKENIZER", "ModelFolder", "State", "manifest_of"]

State = Literal["enabled", "disabled", "damaged"]

MODEL, TOKENIZER = "model.onnx", "tokenizer.json"
MANIFEST = "manifest.json"
"""Written last and removed first: without it, a model that is half written or half removed does not count."""

_FORMAT = 1
"""Of the manifest and of the ONNX file. A model of another format counts as damaged, so that it is written again."""
_LONGEST_MANIFEST = 10_000


class ModelFolder:
    """The folder `semantic` of a data folder. Nothing here changes it."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / "semantic"

    def state(self) -> State:
        """Whether a model is there, without reading it: the sizes of its files are compared."""
        try:
            files = self._manifest()
            is_whole = all((self.path / one.name).stat().st_size == one.size_bytes for one in files or ())
        except (OSError, StoreDamaged):
            return "damaged"
        return "disabled" if files is None else "enabled" if is_whole else "damaged"

    def describe(self) -> str:
        """The state, and what to do about it, in a few words."""
        state = self.state()
        if state == "damaged":
            return "damaged (run `files-api-mcp semantic enable`)"
        if state == "enabled" and not is_extra_installed():
            return "enabled, but its packages are missing (install files-api-mcp[semantic])"
        return state

    def read(self) -> tuple[bytes, bytes]:
        """The ONNX model and the tokenizer, compared with their hashes.

        Raises:
            StoreDamaged: They are damaged, or not there.
        """
        files = self._manifest()
        if files is None:
            raise _damaged()
        model, tokenizer = map(self._content, files)
        return model, tokenizer

    def _manifest(self) -> tuple[PinnedFile, PinnedFile] | None:
        """The files of the model; None if there is no manifest.

        Raises:
            StoreDamaged: The manifest is damaged.
        """
        try:
            with (self.path / MANIFEST).open("rb") as file:
                manifest = json.loads(file.read(_LONGEST_MANIFEST))
            if manifest["format"] != _FORMAT:
                raise _damaged()
            model, tokenizer = (PinnedFile(name, **manifest["files"][name]) for name in (MODEL, TOKENIZER))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as exc:
            raise _damaged() from exc
        return model, tokenizer

    def _content(self, file: PinnedFile) -> bytes:
        try:
            with (self.path / file.name).open("rb") as stream:
                data = stream.read(file.size_bytes + 1)
        except (OSError, TypeError) as exc:
            raise _damaged() from exc
        if _sha256(data) != file.sha256:
            raise _damaged()
        return data


def manifest_of(contents: Mapping[str, bytes]) -> bytes:
    """The manifest of the files with these names and contents."""
    files = {name: {"size_bytes": len(data), "sha256": _sha256(data)} for name, data in contents.items()}
    return json.dumps({"format": _FORMAT, "files": files}, indent=1).encode()


def _sha256(data: bytes) -> str:
    # Imported here: every start looks up the state, and only that.
    import hashlib

    return hashlib.sha256(data).hexdigest()


def _damaged() -> StoreDamaged:
    return StoreDamaged("The semantic model is damaged.", "Run `files-api-mcp semantic enable` again.")
