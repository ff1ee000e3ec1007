"""Quotes are found where they stand, and nowhere else, however another reader wrote the same text down."""

import re
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from files_api_mcp.backends.anthropic.answers.quotes import find_quote, span_of_chars

PAGE = (
    "The of\ufb01ce opens at six; its effi-\nciency   is well known.\u00a0A café\n\n(cafe\u0301) serves 🙂 tea.\n"
    "The co\u00adoperative’s non-profit fund holds ½ million."
)
LETTERS = st.sampled_from("abcé \n-🙂\ufb01\u00ad\u00a0e\u0301가")
TEXTS = st.text(LETTERS, max_size=40)


def bare(text: str) -> str:
    """What is left of a text when readers' differences are taken away; written down once more on purpose."""
    return re.sub("[\\s\u00ad\u2010\u200b-]", "", unicodedata.normalize("NFKD", text))


@pytest.mark.parametrize(
    ("quote", "literal"),
    [
        ("The office opens", "The of\ufb01ce opens"),
        ("its efficiency is", "its effi-\nciency   is"),
        ("its effi-ciency is well\nknown. A", "its effi-\nciency   is well known.\u00a0A"),
        ("well known. A cafe\u0301", "well known.\u00a0A café"),
        ("(café) serves", "(cafe\u0301) serves"),
        ("serves 🙂 tea. The cooperative’s", "serves 🙂 tea.\nThe co\u00adoperative’s"),
        ("nonprofit fund", "non-profit fund"),
        ("non\u2011profit fund", "non-profit fund"),
        ("1⁄2 million", "½ million"),
        ("  opens at six; \n", "opens at six;"),
        ("opens\u200b at six", "opens at six"),
    ],
)
def test_readers_may_differ_in_blanks_hyphens_ligatures_and_accents(quote: str, literal: str) -> None:
    span = find_quote(PAGE, quote)
    assert span is not None
    assert PAGE[span[0] : span[1]] == literal


@pytest.mark.parametrize(
    "quote",
    ["", "  \n", "The office closes", "opens at seven", "known. A café (tea)", "OFFICE", "o p", "six; it was"],
)
def test_what_does_not_stand_there_is_not_found(quote: str) -> None:
    assert find_quote(PAGE, quote) is None
    assert span_of_chars(PAGE, quote, 0, len(quote)) is None


@given(before=TEXTS, quote=TEXTS, after=TEXTS, form=st.sampled_from(["NFC", "NFD"]), blank=st.sampled_from([" ", "\n"]))
def test_a_part_of_a_text_is_found_however_it_was_read(
    before: str, quote: str, after: str, form: str, blank: str
) -> None:
    read = re.sub(r"\s+", blank, unicodedata.normalize(form, quote)).replace("\ufb01", "fi")  # type: ignore[arg-type]
    text = f"{before}|{quote}|{after}"
    assume(len(bare(quote)) >= 3)
    span = find_quote(text, f"|{read}|", near=len(before))
    assert span is not None
    assert bare(text[span[0] : span[1]]) == f"|{bare(quote)}|"
    assert bare(text[: span[0]]) + bare(text[slice(*span)]) + bare(text[span[1] :]) == bare(text)


@given(text=TEXTS, quote=TEXTS, near=st.integers(0, 200))
def test_whatever_is_found_is_the_quote_but_for_readers_differences(text: str, quote: str, near: int) -> None:
    span = find_quote(text, quote, near)
    if span is None:
        assert quote.strip() == "" or quote.strip() not in text
    else:
        start, end = span
        assert 0 <= start < end <= len(text)
        assert bare(text[start:end]) == bare(quote)


@given(text=st.text("ab", max_size=60), quote=st.text("ab", min_size=1, max_size=3), near=st.integers(0, 80))
def test_of_several_places_the_nearest_counts(text: str, quote: str, near: int) -> None:
    places = [at for at in range(len(text)) if text.startswith(quote, at)]
    span = find_quote(text, quote, near)
    assert (span is None) == (not places)
    if span is not None:
        assert abs(span[0] - near) == min(abs(at - near) for at in places)


@given(lines=st.lists(st.sampled_from(["a total", "an end-\ning", "é🙂"]), min_size=1, max_size=12), data=st.data())
def test_of_several_places_in_another_writing_the_nearest_counts(lines: list[str], data: st.DataObject) -> None:
    text = "\n".join(lines)
    wanted = data.draw(st.integers(0, len(lines) - 1))
    place = sum(len(line) + 1 for line in lines[:wanted])
    quote = {"a total": "a  total", "an end-\ning": "an ending", "é🙂": "e\u0301 🙂"}[lines[wanted]]
    assert find_quote(text, quote, place) == (place, place + len(lines[wanted]))


@given(text=TEXTS.filter(lambda text: bool(text.strip())), data=st.data())
def test_offsets_in_any_unit_lead_to_the_quote(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    quote = text[start:end]
    assume(quote.strip())
    for unit, size in (("utf-32-le", 4), ("utf-16-le", 2), ("utf-8", 1)):
        first, last = (len(text[:at].encode(unit)) // size for at in (start, end))
        span = span_of_chars(text, quote, first, last)
        assert span is not None
        assert text[span[0] : span[1]].strip() == quote.strip()
        if unit == "utf-32-le":
            assert span == (start, end)


@pytest.mark.parametrize("off", [-7, -1, 1, 9, 10_000])
def test_offsets_that_are_off_lead_to_the_quote_nearby(off: int) -> None:
    start = PAGE.index("serves")
    assert span_of_chars(PAGE, "serves 🙂 tea", start + max(off, -start), start + 12) == (start, start + 12)
    repeated = f"{PAGE}\n{PAGE}"
    second = len(PAGE) + 1 + start
    if off < 1000:
        assert span_of_chars(repeated, "serves 🙂 tea", second + off, second + 12 + off) == (second, second + 12)


def test_a_text_as_long_as_a_context_window_is_searched_in_a_moment() -> None:
    text = "The harbour office opens at six in the morning, and its bell was cast.\r\n" * 50_000
    assert find_quote(f"{text}né", "a quote that stands nowhere in it") is None
    start, end = find_quote(text, "was cast.\n\nThe harbour", near=1_000_000) or (0, 0)
    assert abs(start - 1_000_000) < 100
    assert text[start:end] == "was cast.\r\nThe harbour"


def test_a_quote_of_escaped_json_is_found_as_letters() -> None:
    text = '{"titre": "Procès-verbal", "décision": "Adopté à l’unanimité \\\\u00e9 🙂."}'
    quote = r'"d\u00e9cision": "Adopt\u00e9 \u00e0 l\u2019unanimit\u00e9 \\u00e9 \ud83d\ude42."'
    for span in (find_quote(text, quote), span_of_chars(text, quote, 40, 150)):
        assert span is not None
        assert text[slice(*span)] == '"décision": "Adopté à l’unanimité \\\\u00e9 🙂."'
    assert find_quote(text, r"\u00e9cision: rejet\u00e9") is None
    assert find_quote(r"key=\u00e9t\u00e9", r"\u00e9t\u00e9") == (4, 17)
