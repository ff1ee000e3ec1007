"""Judges the encoding of a text by its letters, when nothing else says what it is.

The numbers are fitted to samples of 40 languages: `python -m benchmarks.encodings` measures the result.
"""

import re
import unicodedata
from collections import Counter
from functools import lru_cache

import chardet

__all__ = ["likely_encoding"]

_FREQUENCY = {
    1.0: "cp1252",
    0.95: "cp932 cp949 gb18030 big5hkscs euc_jis_2004",
    0.9: "koi8-r koi8-u cp866",
    0.82: "cp1251 cp1253 cp1255 cp1256 cp874 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-15",
    0.75: "cp1250 iso8859-2",
    0.71: "cp1257",
    0.65: "cp1254",
    0.53: "mac-roman",
    0.5: "cp437 cp850 cp852",
    0.32: "mac-cyrillic mac-latin2",
    0.28: "cp857 cp1258",
}
_EXPECTED = {codec: frequency for frequency, codecs in _FREQUENCY.items() for codec in codecs.split()}
"""How much an encoding is expected before the letters are looked at: short texts fit several."""
_SAME = {"iso8859-1": "cp1252", "iso8859-9": "cp1254", "tis-620": "cp874", "euc_kr": "cp949", "shift_jis_2004": "cp932"}
"""Codecs whose letters another one has at the same bytes, with more letters."""
_JUDGED = frozenset({*_EXPECTED, *_SAME})
_DOUBT = 0.013
_FEW_WORDS = 6
"""With so many words, the expectation counts as much as half of what it does in a single word."""
_MOST_WORDS = 200

_BOUNDS = r"\s!-/:-@\[-`{-~"
_WORD = re.compile(rf"(?<![^{_BOUNDS}])[^{_BOUNDS}\x80-\U0010ffff]*+[^\x00-\x7f][^{_BOUNDS}]*+")
_RAW_WORD = re.compile(rf"[{_BOUNDS}]([^{_BOUNDS}\x80-\xff]*[\x80-\xff][^{_BOUNDS}]*)".encode())
_ODD = {
    "control character": 5,
    "sign in a word": 7.5,
    "rare sign": 5.5,
    "capital in a word": 5.5,
    "rare letter": 0.65,
    "mixed scripts": 7,
    "dash in a word": 2,
    "foreign letter": 2.5,
}
_FEW_LETTERS = 0.6
_COMMON_SIGNS = frozenset("\xa0\xad!'‘“”„«»·•€£§°ºª©®™‚‹›¿¡×²³½¼¾№´¨%‰†¹µ")  # noqa: RUF001
_JOINTS = frozenset("\xad’·-–—…")  # noqa: RUF001
_DASHES = frozenset("–—…")  # noqa: RUF001
_RARE_LETTERS = dict.fromkeys("þðýÞÐÝ", 1) | dict.fromkeys("ŕŔĺĹ", 2)
_FOREIGN = frozenset({"CYRILLIC", "GREEK", "HEBREW", "ARABIC", "THAI"})
_TOGETHER = frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "FULLWIDTH", "IDEOGRAPHIC"})
"""Scripts whose words also hold letters of other scripts."""


def likely_encoding(sample: bytes) -> str:
    """The codec that fits lines with bytes that are not ASCII best: by how usual the letters are in a language, how odd
    the words look, and how common the encoding is."""
    words = dict.fromkeys(_RAW_WORD.findall(b" " + sample))
    expectation = _FEW_WORDS / (_FEW_WORDS + len(words))
    part = b" ".join(list(words)[:_MOST_WORDS])
    fits = {"cp1252": 0.0} | _fits(sample)

    def score(codec: str) -> float:
        oddity = _oddity(part.decode(codec, "replace"), codec)
        return (fits[codec] + _DOUBT) * _EXPECTED[codec] ** expectation / (1 + oddity)

    return max(fits, key=score)


def _fits(sample: bytes) -> dict[str, float]:
    fits: dict[str, float] = {}
    for result in chardet.detect_all(sample, ignore_threshold=True, compat_names=False, include_encodings=_JUDGED):
        codec = _SAME.get(str(result["encoding"]), str(result["encoding"]))
        if codec in _EXPECTED:
            fits[codec] = max(fits.get(codec, 0), result["confidence"])
    return fits


def _oddity(text: str, codec: str) -> float:
    """How odd the words of a decoded text are on average."""
    words = _WORD.findall(text)
    odd = Counter[str]()
    for word in words:
        odd.update(_odd_things(word))
    # In Russian, one word in five is a single letter.
    odd["foreign letter"] = max(0, odd["foreign letter"] - len(words) * 3 // 10)
    oddity = sum(_ODD[what] * count for what, count in odd.items()) / max(1, len(words))
    if codec == "cp1257" and len(words) >= 6:
        # Baltic languages use many of their letters; others have one or two, such as "ë" in Albanian.
        oddity += _FEW_LETTERS * (len({char for char in text.lower() if char > "\x7f" and char.isalpha()}) <= 2)
    return oddity


def _odd_things(word: str) -> list[str]:
    odd: list[str] = []
    scripts: set[str] = set()
    letters = 0
    for before, char, after in zip(" " + word, word, word[1:] + " ", strict=False):
        if _is_letter(char):
            letters += 1
            scripts.add(_script(char))
            odd += ["capital in a word"] * (before.islower() and char.isupper())
            odd += ["rare letter"] * _RARE_LETTERS.get(char, 0)
        elif not char.isascii():
            odd += _odd_sign(before, char, after)
    if len(scripts) > 1 and scripts - _TOGETHER:
        odd.append("mixed scripts")
    if letters == 1 and scripts <= _FOREIGN:
        odd.append("foreign letter")
    return odd


def _odd_sign(before: str, char: str, after: str) -> list[str]:
    is_inside = before.isalpha() and after.isalpha()
    if "\x80" <= char < "\xa0" or char == "\ufffd":
        return ["control character"]
    if char in _DASHES and is_inside and after.islower():
        return ["dash in a word"]
    if char in _JOINTS:
        return []
    if is_inside:
        return ["sign in a word"]
    return [] if char in _COMMON_SIGNS else ["rare sign"]


@lru_cache(4096)
def _is_letter(char: str) -> bool:
    category = unicodedata.category(char)
    return category[0] == "M" or (category[0] == "L" and category != "Lm")


@lru_cache(4096)
def _script(char: str) -> str:
    return unicodedata.name(char, "").split(" ", 1)[0]
