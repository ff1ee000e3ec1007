"""A place in a folded text leads back to the characters that it was made of."""

import random

import pytest

from files_api_mcp.backends.search.find.folding import fold

CHARACTERS = "aZ0 \nß½ﬁé…「漢が각่ÅИ\u0301\u0300\u00ad\u200d\u3099\uff9e＆ｶ№\u1100\u1161\u11a8"


@pytest.mark.parametrize("exact", [True, False])
def test_each_character_leads_back_to_itself(exact: bool) -> None:
    chance = random.Random(3)
    for _ in range(500):
        text = "".join(chance.choices(CHARACTERS, k=chance.randrange(1, 12)))
        folded = fold(text, exact=exact)
        for at in range(len(folded.text)):
            start, end = folded.original(at, at + 1)
            assert 0 <= start < end <= len(text)
            assert folded.text[at] in fold(text[start:end], exact=exact).text


def test_offsets_before_and_after_a_longer_character() -> None:
    folded = fold("aßc\ufb01d", exact=False)
    assert folded.text == "asscfid"
    assert [folded.original(at, at + 1) for at in range(7)] == [(0, 1), (1, 2), (1, 2), (2, 3), (3, 4), (3, 4), (4, 5)]
    assert folded.original(1, 4) == (1, 3)
