"""Postings that are more than memory should take, and those of a process that lies."""

import random
from array import array
from collections import defaultdict
from pathlib import Path

import pytest

from files_api_mcp.backends.search.index import unnamed_file
from files_api_mcp.backends.search.index.postings import HEAD_PREFIX, Postings, Segment, pack_segment
from files_api_mcp.backends.search.index.unnamed_file import UnnamedFile


@pytest.mark.parametrize("each", [1, 7, 100, 2000])
def test_every_term_comes_once_in_order_with_its_numbers_in_theirs(
    tmp_path: Path, each: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unnamed_file, "_MOST_HELD", 10_000)
    chance = random.Random(each)
    postings, expected = Postings(tmp_path), defaultdict[str, list[int]](list)
    terms = [
        *(f"wort{number}" for number in range(300)),
        f"{HEAD_PREFIX}head",
        "\u6587\u4ef6",
        "\U0001f6a2",
        "x" * 5000,
    ]
    for start in range(0, 2000, each):
        held: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        for number in range(start, min(2000, start + each)):
            for term in chance.sample(terms, 3):
                held[term].extend((number, number * 2 + 1))
                expected[term] += [number, number * 2 + 1]
        postings.add(Segment.unpacked(pack_segment(held)))
    merged = list(postings.merged())
    assert [term for term, _ in merged] == sorted(expected)
    assert {term: list(numbers) for term, numbers in merged} == expected
    assert (postings.single is None) == (each < 2000)
    postings.close()


def test_nothing_added_is_nothing(tmp_path: Path) -> None:
    postings = Postings(tmp_path)
    assert not postings
    assert list(postings.merged()) == []


SOUND = pack_segment({"\x01head": array("I", [1, 2]), "heron": array("I", [0, 1]), "whale": array("I", [0, 2, 1, 1])})


def test_a_segment_says_its_highest_numbers() -> None:
    segment = Segment.unpacked(SOUND)
    assert segment.highest() == (1, 2)
    assert [term for term, _ in segment] == ["\x01head", "heron", "whale"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        SOUND[:-4],
        SOUND + b"\0\0\0\0",
        SOUND.replace(b"heron", b"zeron"),
        SOUND.replace(b"heron", b"whale"),
        SOUND.replace(b"heron", b"h\xffron"),
        b"\xff\xff\xff\xff" + SOUND[4:],
        SOUND[:4] + b"\xff\xff\xff\x7f" + SOUND[8:],
        pack_segment({"whale": array("I", [1])}),
        pack_segment({"whale": array("I")}),
        pack_segment({"": array("I", [1, 1])}),
        pack_segment({"a\nb": array("I", [1, 1])}),
        pack_segment({"x" * 40_000: array("I", [1, 1])}),
    ],
)
def test_what_is_no_segment_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  several reasons
        Segment.unpacked(data)


@pytest.mark.parametrize("numbers", [{"\x01head": array("I", [0])}, {"whale": array("I", [1, 0])}])
def test_numbers_that_are_too_low_are_refused(numbers: "dict[str, array[int]]") -> None:
    with pytest.raises(ValueError, match="too low"):
        Segment.unpacked(pack_segment(numbers)).highest()


@pytest.mark.parametrize("most", [0, 100, 1 << 20])
def test_bytes_come_back_as_they_were(tmp_path: Path, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unnamed_file, "_MOST_HELD", most)
    file = UnnamedFile(tmp_path)
    pieces = [bytes([number % 256]) * (number * 97 % 500) for number in range(200)]
    for piece in pieces:
        file.append(piece)
    whole = b"".join(pieces)
    assert file.size == len(whole)
    for start in range(0, len(whole), 1999):
        assert file.read(start, 50) == whole[start : start + 50]
    assert list(tmp_path.iterdir()) == []
    file.close()
