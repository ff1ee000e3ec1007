"""Terms are the same whichever thread makes them, and however many do so at once."""

import random
import sys
import threading
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from files_api_mcp.backends.search import tokenizer
from files_api_mcp.backends.search.index.builder import IndexBuilder
from files_api_mcp.backends.search.index.postings import Segment

ENDINGS = ("ational", "iveness", "ization", "fulness", "ously", "ements", "ings", "edly", "ies", "y")
Postings = list[tuple[str, list[int]]]


@pytest.fixture
def busy_threads() -> Generator[None]:
    """Threads take turns as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def documents(seed: int, count: int, words: int) -> list[str]:
    """Texts of words that no other text holds: no cache of terms helps."""
    chance = random.Random(seed)

    def word() -> str:
        return "".join(chance.choices("abcdefghilmnoprstuvwy", k=chance.randint(3, 8))) + chance.choice(ENDINGS)

    return [f"The {' and the '.join(word() for _ in range(words))}." for _ in range(count)]


def forget_terms() -> None:
    for cached in tokenizer._TERMS.values():  # pyright: ignore[reportPrivateUsage]
        cached.cache_clear()


def indexed(text: str) -> Postings:
    builder = IndexBuilder()
    builder.add(1, text)
    return [(term, list(posting)) for term, posting in Segment.unpacked(builder.take_postings())]


def indexed_together(texts: list[str]) -> list[Postings | Exception]:
    found: list[Postings | Exception] = [[] for _ in texts]
    together = threading.Barrier(len(texts))

    def work(number: int) -> None:
        together.wait()
        try:
            found[number] = indexed(texts[number])
        except Exception as exc:
            found[number] = exc

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.usefixtures("busy_threads")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(min_value=0), count=st.integers(2, 6), words=st.integers(1, 200))
def test_documents_indexed_together_give_the_postings_of_documents_indexed_one_by_one(
    seed: int, count: int, words: int
) -> None:
    texts = documents(seed, count, words)
    forget_terms()
    together = indexed_together(texts)
    forget_terms()
    assert together == [indexed(text) for text in texts]
