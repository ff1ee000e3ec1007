"""The index leads to every match: a search by it finds what a search of all pages finds."""

import random
from collections.abc import Iterator, Sequence

import pytest

from files_api_mcp.backends.text_finder import TextQuery
from tests.backends.search.find.searching import Shelf

WORDS = (
    "the contract of agreement subcontract terminates notice happily nationalization retryWithBackoff PDFs payment"
    " Müller Straße café naïve über Verantwortung Eigenverantwortung façade ﬁnance oﬃce ｆｕｌｌ e\u0301te\u0301 Łódź"
    " договор соглашение йод Ελλάδα ήλιος 契約書 支払条件 カタカナ がっこう 계약서 대한민국 ข้อตกลง สัญญา अनुबंध क्षत्रिय"
    " العقد اتفاقية 使用API接口 API接口 x² ½ 1,234.50 12.5 2024 0017 INV-2024-0017 v1.2.3 3,000,000 “quoted” don’t"
    " well-known a b I us — – x-y foo_bar ab12cd №5 A＆B ｶﾞ"
).split()
BLANKS = (
    " ",
    " ",
    " ",
    " ",
    "\n",
    "  ",
    "\n\n",
    "\u00a0",
    "\n  ",
    " \n",
    ", ",
    ". ",
    "-\n",
    "\u00ad\n",
    "- \n  ",
    "",
    "",
)


def text_of(chance: random.Random, words: int) -> str:
    parts: list[str] = []
    for _ in range(words):
        word = chance.choice(WORDS)
        if chance.random() < 0.15 and len(word) > 3:
            at = chance.randrange(1, len(word))
            word = word[:at] + chance.choice(("-\n", "\u00ad\n", "\n", "-\n   ", "\u200d")) + word[at:]
        parts += (word, chance.choice(BLANKS))
    return "".join(parts)


def documents(chance: random.Random) -> Iterator[tuple[Sequence[str], str, bool]]:
    for number in range(20):
        kind = ("text/plain", "application/pdf", "text/csv", "application/json")[number % 4]
        pages = [text_of(chance, chance.choice((1, 3, 40, 400))) for _ in range(chance.choice((1, 2, 5)))]
        if chance.random() < 0.3:
            pages.append(chance.choice(WORDS) * 400)
        yield pages, kind, kind == "application/pdf"


def patterns(chance: random.Random, texts: Sequence[str], count: int) -> Iterator[str]:
    """Parts of the texts, some in another case or on one line."""
    while count:
        text = chance.choice(texts)
        start = chance.randrange(len(text))
        part = text[start : start + chance.choice((2, 3, 5, 8, 13, 30, 80))]
        on_one_line = part.replace("-\n", "").replace("\n", " ")
        pattern: str = chance.choice((part, part.upper(), part.lower(), on_one_line))
        if any(one.isalnum() for one in pattern):
            count -= 1
            yield pattern


@pytest.mark.parametrize("seed", range(3))
def test_phrases_are_found_by_the_index_as_by_reading_all_pages(seed: int) -> None:
    chance = random.Random(seed)
    made = [*documents(chance)]
    shelf = Shelf(made)
    joined = [("\n" if paginated else "").join(pages) for pages, _, paginated in made]
    for pattern in patterns(chance, joined, 35):
        query = TextQuery(pattern, exact=chance.random() < 0.2, limit=500)
        total, matches, read = shelf.find(query)
        expected, all_matches, all_read = shelf.find(query, by_index=False)
        assert (total, matches) == (expected, all_matches), ascii(pattern)
        assert read <= all_read
