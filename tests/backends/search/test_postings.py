"""Postings and texts that are more than memory should take."""

import random
from array import array
from collections import defaultdict
from pathlib import Path

import pytest

from files_api_mcp.backends.search.index.postings import Postings, Texts


@pytest.mark.parametrize("most_terms", [1, 7, 100, 10_000])
def test_every_term_comes_once_in_order_with_its_numbers_in_theirs(tmp_path: Path, most_terms: int) -> None:
    chance = random.Random(most_terms)
    postings, expected = Postings(tmp_path, most_terms=most_terms), defaultdict[str, list[int]](list)
    terms = [
        *(f"wort{number}" for number in range(300)),
        "\x01head",
        "\u6587\u4ef6",
        "\U0001f6a2",
        "\ud800",
        "x" * 5000,
    ]
    for number in range(2000):
        for term in chance.sample(terms, 3):
            postings.add(term, number, number * 2)
            expected[term] += [number, number * 2]
        postings.spill()
    merged = list(postings.merged())
    assert [term for term, _ in merged] == sorted(expected)
    assert {term: list(numbers) for term, numbers in merged} == expected
    postings.close()


def test_nothing_added_is_nothing(tmp_path: Path) -> None:
    postings = Postings(tmp_path)
    assert not postings
    postings.spill()
    assert list(postings.merged()) == []
    assert list(Texts(tmp_path)) == []


def test_what_was_put_into_the_file_still_counts(tmp_path: Path) -> None:
    postings = Postings(tmp_path, most_terms=1)
    postings.add("whale", 1)
    postings.spill()
    assert postings
    assert list(postings.merged()) == [("whale", array("I", [1]))]
    postings.close()


def test_texts_come_back_as_they_were_as_often_as_wanted(tmp_path: Path) -> None:
    texts = Texts(tmp_path)
    pages = [
        (
            number,
            number * 3,
            b"marks %d" % number if number % 2 else b"",
            bytes([number % 256]) * (number * 997 % 50_000),
        )
        for number in range(1, 200)
    ]
    for _, chars, marks, data in pages:
        texts.add(chars, data, marks)
    for _ in range(2):
        assert list(texts) == [(number, marks, data) for number, _, marks, data in pages]
    assert list(texts.sizes) == [chars for _, chars, *_ in pages]
    texts.close()


def test_no_name_is_left_in_the_folder(tmp_path: Path) -> None:
    texts = Texts(tmp_path)
    texts.add(5, b"whale")
    assert list(tmp_path.iterdir()) == []
    texts.close()
