"""How often a legacy encoding is judged wrongly: `uv run --with django python -m benchmarks.encodings`.

The samples are prose: the translations in Django's catalogs, encoded as Windows, Unix, DOS or macOS writes them. Prints
the share of samples that are not decoded exactly, by language, encoding and number of characters. "table" is a table in
ASCII with three names in its last rows.
"""

import argparse
import importlib.util
import io
import random
import re
from collections.abc import Iterator
from pathlib import Path

from files_api_mcp.backends.documents.formats.text.encoding import encoding_of

__all__ = ["ENCODINGS", "is_misread", "main"]

ENCODINGS = {
    "cp1252": "fr es pt pt_BR it de da sv nb fi nl is ca ga sq gl",
    "cp1250": "pl cs hu hr ro sk sl",
    "cp1251": "ru uk bg sr mk",
    "cp1253": "el",
    "cp1254": "tr",
    "cp1255": "he",
    "cp1256": "ar fa",
    "cp1257": "lt lv et",
    "cp874": "th",
    "cp932": "ja",
    "euc_jp": "ja",
    "gb18030": "zh_Hans",
    "big5": "zh_Hant",
    "cp949": "ko",
    "koi8_r": "ru",
    "koi8_u": "uk",
    "iso8859_2": "pl cs hu",
    "iso8859_5": "ru",
    "iso8859_7": "el",
    "mac_roman": "fr de es",
    "mac_cyrillic": "ru",
    "cp437": "de",
    "cp850": "fr de es da",
    "cp852": "pl cs",
    "cp866": "ru",
    "cp857": "tr",
}
_MESSAGE = re.compile(r'^msgstr((?:\s*"[^\n]*")+)', re.MULTILINE)
_PART = re.compile(r'"((?:[^"\\]|\\.)*)"')
_PLACEHOLDER = re.compile(r"%\(\w+\)\w|%\w")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=40, help="samples of each size")
    parser.add_argument("--sizes", type=int, nargs="*", default=[100, 500, 3000])
    arguments = parser.parse_args()
    print("language encoding      ", *(f"{size:>6}" for size in arguments.sizes), " table")
    for encoding, languages in ENCODINGS.items():
        for language in languages.split():
            messages = list(_messages(language))
            if not messages:
                continue
            rows = [
                [_prose(messages, size, random.Random(f"{language} {n}")) for n in range(arguments.samples)]
                for size in arguments.sizes
            ]
            rows.append([_table(messages, random.Random(f"{language} {n}")) for n in range(arguments.samples)])
            shares = (f"{100 * _share(row, encoding):5.0f}%" for row in rows)
            print(f"{language:8} {encoding:14}", *shares, flush=True)


def is_misread(text: str, encoding: str) -> bool | None:
    """Whether a text in an encoding is not decoded exactly; None if its bytes are UTF-8 too."""
    data = text.encode(encoding, "ignore")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode(encoding_of(io.BytesIO(data)), "replace") != data.decode(encoding)
    return None


def _share(texts: list[str], encoding: str) -> float:
    found = [misread for text in texts if (misread := is_misread(text, encoding)) is not None]
    return sum(found) / max(1, len(found))


def _messages(language: str) -> Iterator[str]:
    """The longer translations in Django's catalogs of a language."""
    spec = importlib.util.find_spec("django")
    if spec is None or spec.origin is None:
        raise SystemExit("Django is needed: add `--with django` to `uv run`.")
    for path in sorted(Path(spec.origin).parent.rglob(f"locale/{language}/LC_MESSAGES/django.po")):
        for found in _MESSAGE.finditer(path.read_text("utf-8")):
            text = "".join(_PART.findall(found[1])).replace("\\n", " ").replace('\\"', '"')
            if len(text) > 25 and "Content-Type" not in text and "Report-Msgid" not in text:
                yield _PLACEHOLDER.sub("X", text)


def _prose(messages: list[str], size: int, chance: random.Random) -> str:
    text = ""
    while len(text) < size:
        text += chance.choice(messages) + "\n"
    return text[:size]


def _table(messages: list[str], chance: random.Random) -> str:
    words = [word for message in messages for word in re.findall(r"[^\W\d_]{3,}", message)]
    names = [word for word in words if not word.isascii()] or words
    plain = "".join(f"{number},Person {number},Town {number}\n" for number in range(30))
    rows = "".join(f"{n},{chance.choice(names).title()},{chance.choice(names).title()}\n" for n in range(3))
    return f"id,name,city\n{plain}{rows}"


if __name__ == "__main__":
    main()
