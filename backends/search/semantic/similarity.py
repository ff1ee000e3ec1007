"""The interface through which a search ranks passages by meaning."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.search.semantic.embeddings import EmbeddingModel, load_folder
from files_api_mcp.backends.search.semantic.model_folder import ModelFolder

__all__ = ["Similarity", "enabled_similarity", "own_similarity"]

_log = logging.getLogger(__name__)


class Similarity:
    """The similarity of texts to a question in meaning. Threads may share it.

    Its model is loaded by the first question: a server that is not asked anything starts fast and needs no memory for
    it. `load` returns None if there is none. `english_only` means that it knows no other language.
    """

    def __init__(self, load: Callable[[], EmbeddingModel | None], *, english_only: bool) -> None:
        self.english_only = english_only
        self._load = load
        self._lock = threading.Lock()
        self._model: EmbeddingModel | None = None
        self._is_loaded = False

    def model(self) -> EmbeddingModel | None:
        """The model; None if there is none or it cannot be loaded, which is logged once. Slow: call it in a thread."""
        with self._lock:
            if not self._is_loaded:
                self._is_loaded = True
                try:
                    self._model = self._load()
                except FilesError as exc:
                    _log.warning("Passages are ranked by their words only: %s", exc)
            return self._model


def enabled_similarity(data_dir: Path) -> Similarity:
    """The similarity by the model that is enabled in a data folder."""
    folder = ModelFolder(data_dir)
    return Similarity(
        lambda: None if folder.state() == "disabled" else EmbeddingModel(*folder.read()), english_only=True
    )


def own_similarity(folder: Path) -> Similarity:
    """The similarity by the model in a folder of the operator's.

    Raises:
        InvalidArgument: The model cannot be loaded.
    """
    model = load_folder(folder)
    return Similarity(lambda: model, english_only=False)
