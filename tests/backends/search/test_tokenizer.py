"""Words become terms that meet, in any script."""

import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from files_api_mcp.backends.search.chunker import split_passages
from files_api_mcp.backends.search.tokenizer import is_english, terms
from files_api_mcp.backends.tokens import estimate_tokens


def test_words_without_end_do_not_stay_in_memory() -> None:
    tracemalloc.start()
    for number in range(1000):
        assert len(terms(f"合同{chr(0x4E00 + number)}条款" * 60, english=False)) == 299
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 1_000_000


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("proposes dividends", "propose dividend"),
        ("1,577 crowns", "1577 crown"),
        ("FY2022", "fy 2022"),
        ("ﬁnance", "finance"),
        ("STRASSE", "straße"),
        ("the company's", "company s"),
    ],
)
def test_spellings_of_one_thing_meet(one: str, other: str) -> None:
    assert terms(one, english=True) == terms(other, english=True)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("Verträge", "des Vertrages"),
        ("contratos", "contrato"),
        ("合同条款", "本合同条款自下月起生效"),
        ("договора", "по договору аренды"),
        ("계약", "이 계약은"),
        ("अनुबंध", "अनुबंधों"),
        ("สัญญา", "ตามสัญญาเช่า"),
    ],
)
def test_other_languages_meet_without_a_stemmer(query: str, text: str) -> None:
    assert set(terms(query, english=False)) & set(terms(text, english=False))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("كِتَابٌ", "كتاب"),
        ("أحمد", "احمد"),
        ("العـــربية", "العربية"),
        ("שָׁלוֹם", "שלום"),
        ("ज़मीन", "जमीन"),
        ("Ёлка", "елка"),
        ("Αθήνα", "Αθηνα"),
    ],
)
def test_what_is_written_or_left_out_at_will_makes_no_difference(one: str, other: str) -> None:
    assert terms(one, english=False) == terms(other, english=False)


@pytest.mark.parametrize("english", [True, False])
@pytest.mark.parametrize("word", ["\u0640", "\u0640\u0640", "\u06e5", "\ufcf2", "\ufe71\ufe77"])
def test_a_word_of_nothing_but_optional_marks_has_no_terms(word: str, english: bool) -> None:
    assert terms(word, english=english) == []
    assert terms(f"كتاب {word} كتاب", english=english) == terms("كتاب كتاب", english=english)


@pytest.mark.parametrize(("word", "other"), [("किताब", "कतब"), ("ที่", "ทุ"), ("சென்னை", "சனன")])
def test_vowel_signs_are_parts_of_words(word: str, other: str) -> None:
    assert not set(terms(word, english=False)) & set(terms(other, english=False))
    assert "".join(terms(word, english=False)).startswith(word[:3])


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("retry with backoff", "func retryWithBackoff(n int)"),
        ("stale computer", "function Get-StaleComputer {"),
        ("server error", "class HTTPServerError(Exception):"),
        ("total price", "{{ totalPrice }}"),
        ("parse header line", "fn parse_header_line()"),
        ("user profile", "data-user-profile-id"),
        ("utf", "toUTF8String"),
        ("string", "toUTF8String"),
        ("URLs to try", "URLsToTry"),
        ("строка поиска", "СтрокаПоиска"),
        ("überschrift", "neueÜberschrift"),
    ],
)
def test_identifiers_are_found_by_their_words(question: str, text: str) -> None:
    for english in (True, False):
        assert set(terms(question, english=english)) <= set(terms(text, english=english))
        assert set(terms(text, english=english)) & set(terms(text.casefold(), english=english))
        assert terms(text, english=english)


def test_identifiers_are_found_whole() -> None:
    assert terms("retryWithBackoff", english=True) == terms("retrywithbackoff retry backoff", english=True)


@pytest.mark.parametrize(
    "word", ["PDFs", "CEOs", "mRNA", "PhD", "eBay", "Harbour", "HARBOUR", "aGVsbGdGFtZHTuU", "xY" * 60]
)
def test_other_words_have_no_parts(word: str) -> None:
    assert terms(word, english=True) == terms(word.casefold(), english=True)


@example(text="Z-\n")
@given(text=st.text(st.sampled_from("aéß가合1,._-\n\u00ad\u0301\u093c Zｆ²"), max_size=30))
def test_texts_of_ascii_and_others_are_split_in_the_same_way(text: str) -> None:
    plain = "".join(character for character in text if character.isascii())
    # The full stop keeps a hyphen at the end from joining its word with the last one.
    assert terms(f"{plain} . 合", english=True)[:-1] == terms(plain, english=True)


def test_stop_words_fall_out_unless_they_are_kept() -> None:
    assert terms("what is the", english=True) == []
    assert terms("what is the", english=True, keep_stop_words=True)


def test_languages_are_told_by_their_small_words() -> None:
    assert is_english("The ferries of the company ran in all of the months and were on time.")
    assert not is_english("Die Fähren der Gesellschaft fuhren in allen Monaten und waren pünktlich.")
    assert not is_english("")


@pytest.mark.parametrize("by_line", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n ",
        "one line",
        "line\n" * 1000,
        "A sentence. " * 1000,
        "x" * 50_000,
        "合同条款。" * 5000,
        "word " * 20_000,
        "\ufeff\n start",
    ],
)
def test_windows_cover_everything_once_and_in_order(text: str, by_line: bool) -> None:
    ranges = split_passages(text, by_line=by_line)
    covered = "".join(text[start:end] for start, end in ranges)
    assert "".join(covered.split()) == "".join(text.replace("\ufeff", "").split())
    assert all(start < end for start, end in ranges)
    assert all(before[1] <= after[0] for before, after in pairwise(ranges))
    assert all(estimate_tokens(text[start:end]) <= 330 for start, end in ranges)


def test_windows_of_pages_break_at_line_ends() -> None:
    text = "\n".join(f"line {number} has some words in it" for number in range(200))
    assert all(text[start - 1 : start] in ("", "\n") for start, _ in split_passages(text, by_line=True))
