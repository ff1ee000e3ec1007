"""Text is decoded as its author wrote it, whatever says or does not say the encoding."""

import codecs
import io

import pytest

from files_api_mcp.backends.documents.formats.text.encoding import decoded, encoding_of, is_utf8, utf16_without_mark

GERMAN = "Grüße aus Köln, und zwar für die Bürger – sofort.\n"
RUSSIAN = "Договор аренды помещения вступает в силу с первого числа.\n"
JAPANESE = "この契約は来月の一日から有効になります。料金は毎月払います。\n"


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE])
def test_a_byte_order_mark_beats_a_declaration(mark: bytes) -> None:
    codec = {
        codecs.BOM_UTF8: "utf-8",
        codecs.BOM_UTF16_LE: "utf-16-le",
        codecs.BOM_UTF16_BE: "utf-16-be",
        codecs.BOM_UTF32_LE: "utf-32-le",
    }[mark]
    assert decoded(mark + GERMAN.encode(codec), "iso-8859-1") == GERMAN


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("iso-8859-1", "cp1252"),
        ("latin1", "cp1252"),
        ("utf-16", "utf-8"),
        ("x-sjis", "cp932"),
        ("ks_c_5601-1987", "cp949"),
        ("koi8-r", "koi8-r"),
        ("cp850", "cp850"),
        ("iso-2022-kr", "iso2022_kr"),
        ("'windows-1251'", "cp1251"),
    ],
)
def test_labels_mean_what_browsers_take_them_for(label: str, codec: str) -> None:
    words = {
        "cp932": JAPANESE,
        "cp949": "계약은 서울에서\n",
        "iso2022_kr": "계약은\n",
        "koi8-r": RUSSIAN,
        "cp1251": RUSSIAN,
    }
    text = words.get(codec, "Größe £5\n")
    assert decoded(text.encode(codec), label) == text


@pytest.mark.parametrize(
    "label", ["klingon", "zlib", "rot13", "idna", "undefined", "unicode_escape", "us-ascii", "", "\0é"]
)
def test_a_label_of_no_encoding_is_ignored(label: str) -> None:
    assert decoded(GERMAN.encode("cp1252"), label) == GERMAN


def test_valid_utf8_is_not_read_as_a_declared_single_byte_encoding() -> None:
    assert decoded(GERMAN.encode(), "iso-8859-1") == decoded(GERMAN.encode(), "windows-1251") == GERMAN
    # The bytes of these two words are valid UTF-8 as well.
    assert decoded("联通".encode("gbk"), "gb2312") == "联通"


def test_a_declaration_that_cannot_be_true_is_ignored() -> None:
    assert decoded(GERMAN.encode("cp1252"), "utf-8") == GERMAN
    assert decoded((RUSSIAN * 9).encode("cp1251"), "euc-jp") == RUSSIAN * 9


def test_damage_does_not_change_the_encoding() -> None:
    assert decoded(GERMAN.encode() + b"\xff" + GERMAN.encode()) == f"{GERMAN}\ufffd{GERMAN}"
    assert not is_utf8(io.BytesIO(b"x\xff"))


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [GERMAN, RUSSIAN, JAPANESE, "合同在北京签订\n", "a,b\r\n1,2\r\n"])
def test_utf16_needs_no_mark(codec: str, text: str) -> None:
    assert utf16_without_mark(text.encode(codec)) == codec
    assert decoded(text.encode(codec)) == text


@pytest.mark.parametrize("data", [b"", b"\0", b"a log\n\0\0\0\0\0\0more\n", b"\0" * 99, b"\x7fELF\0\1\0\2", b"plain"])
def test_what_only_holds_nuls_is_not_utf16(data: bytes) -> None:
    assert utf16_without_mark(data) is None


def test_text_that_shifts_with_escapes_is_known_by_them() -> None:
    assert decoded(JAPANESE.encode("iso2022_jp")) == JAPANESE
    assert decoded(b"\x1b[31mred\x1b[0m\n") == "\x1b[31mred\x1b[0m\n"


def test_the_first_letters_may_come_late() -> None:
    rows = b"number,name\n" + b"1,plain\n" * 30_000
    assert decoded(rows + "2,Société Générale\n".encode("cp1252")).endswith("\n2,Société Générale\n")
    assert encoding_of(io.BytesIO(rows)) == "utf-8"
