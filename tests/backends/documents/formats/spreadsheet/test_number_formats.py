"""Number formats: values as the cell shows them."""

import math

import pytest

from files_api_mcp.backends.documents.formats.spreadsheet.number_formats import BUILT_IN, general, number_format

ACCOUNTING = '_-* #,##0.00\\ "€"_-;\\-* #,##0.00\\ "€"_-;_-* "-"??\\ "€"_-;_-@_-'
SHOWN = [
    ("0.00%", 0.0575, "5.75%"),
    ("0.0%", 0.125, "12.5%"),
    ("00000", 1067, "01067"),
    ('"$"#,##0.00', 56701.0309278351, "$56,701.03"),
    ("[h]:mm", 1.5625, "37:30"),
    ("0.00", 2.675, "2.68"),
    ("0", 0.5, "1"),
    ("#,##0.00_);(#,##0.00)", -1234.5, "(1,234.50)"),
    ("#,##0;[Red]-#,##0", -1234.5, "-1,235"),
    ("000-00-0000", 123456789, "123-45-6789"),
    ("(000) 000-0000", 5551234567, "(555) 123-4567"),
    ("# ?/?", 3.25, "3 1/4"),
    ("# ??/??", 0.333333, "1/3"),
    ("0.00E+00", 12345, "1.23E+04"),
    ("##0.0E+0", 12345, "12.3E+3"),
    ('#,##0,"K"', 1234567, "1,235K"),
    ('0.0,,"M"', 1234567, "1.2M"),
    ('[>=1000]0.0,"k";0', 1500, "1.5k"),
    ('[>=1000]0.0,"k";0', 500, "500"),
    ("[Red][<0]-0.0;0.0", -3, "-3.0"),
    ("#,##0.00\\ [$€-407];[RED]\\-#,##0.00\\ [$€-407]", -1150, "-1,150.00 €"),
    (ACCOUNTING, 1150, "1,150.00 €"),
    (ACCOUNTING, 0, "- €"),
    ('_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)', -5, "$(5.00)"),
    ("d. mmmm yyyy", 46455, "2027-03-09"),
    ("h:mm:ss", 0.6041666666666666, "14:30:00"),
    ("mmm-yy", 46455, "Mar-27"),
    ("h:mm AM/PM", 0.6041666666666666, "2:30 PM"),
    ("yyyy-mm-dd hh:mm", 46455.5, "2027-03-09 12:00"),
    ("[mm]:ss", 0.1, "144:00"),
    ("[$-409]d\\-mmm\\-yy;@", 46455, "2027-03-09"),
    ("0.##", 12, "12."),
    ("#.##", 0.5, ".5"),
    ("#", 0, ""),
    ("0.0##", 1.25, "1.25"),
    (";;;", 5, ""),
    ('General" kg"', 5.5, "5.5 kg"),
    ('0;-0;"zero"', 0, "zero"),
    ('"yes";"yes";"no"', 1, "yes"),
    ('"yes";"yes";"no"', 0, "no"),
    ('0.0" %"', 5, "5.0 %"),
    ("0,000", 12, "0,012"),
    ("mm:ss.0", 0.0012345, "01:46.6"),
    ("dddd", 46455, "Tuesday"),
    ("0%", -0.05, "-5%"),
    ("#,##0", 1234567890123, "1,234,567,890,123"),
    ("0", 1234567890123456, "1234567890123456"),
    ("??/??", 1.5, "3/2"),
    ("yyyy", 46455, "2027"),
    ("mmmm yyyy", 46455, "March 2027"),
    ('yyyy"年"m"月"d"日"', 46455, "2027-03-09"),
    ("[Blue]#,##0.0;[Red]-#,##0.0", 0.3, "0.3"),
    ("0.00;0.00", -1, "1.00"),
    ("0.00_ ", 3, "3.00"),
    ("+0.0%;-0.0%;0.0%", 0.031, "+3.1%"),
    ("+0.0%;-0.0%;0.0%", -0.031, "-3.1%"),
    ('#,##0.00 "CZK"', 1.5, "1.50 CZK"),
    ("[<=9999999]###-####;(###) ###-####", 5551234, "555-1234"),
    ("# ?/8", 3.25, "3 2/8"),
    ("m/d", 46455.9999999999, "3/10"),
    ("h:mm", 1e9, "1000000000"),
    ("[h]:mm", -0.5, "-12:00"),
    ("yyyy-mm-dd", 1, "1900-01-01"),
    ("yyyy-mm-dd", 59, "1900-02-28"),
    ("yyyy-mm-dd", 61, "1900-03-01"),
]


@pytest.mark.parametrize(("code", "value", "shown"), SHOWN)
def test_a_number_is_shown_as_in_its_cell(code: str, value: float, shown: str) -> None:
    form = number_format(code)
    assert form is not None
    assert form.show(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.1 + 0.2, "0.3"), (12.0, "12"), (1e20, "100000000000000000000"), (1e-7, "1E-07"), (2.5e300, "2.5E+300")],
)
def test_a_number_without_a_format_has_no_more_digits_than_it_means(value: float, shown: str) -> None:
    assert general(value) == shown


def test_texts_are_shown_with_what_surrounds_them() -> None:
    form = number_format('0;0;0;"Nr. "@')
    assert form is not None
    assert form.around("7a") == "Nr. 7a"


def test_days_are_counted_from_1904_where_the_workbook_says_so() -> None:
    form = number_format("yyyy-mm-dd", date1904=True)
    assert form is not None
    assert form.show(0) == "1904-01-01"


def test_every_code_shows_every_number() -> None:
    codes = [
        *BUILT_IN.values(),
        "",
        ";",
        ";;;;;",
        "[",
        "[$",
        '"',
        "\\",
        "E+",
        "0E+",
        "/",
        "?/0",
        "0/99999999",
        "[h]" * 40,
    ]
    codes += [
        "0" * 1000,
        "#,," * 300,
        "." * 50,
        "0." + "0" * 500,
        "%" * 300,
        "[<1]0;[>2]0",
        "[>x]0",
        "General" * 9,
        "@0@",
    ]
    for code in codes:
        form = number_format(code)
        for value in (0, -1, 0.5, 1e308, -1e308, 5e-324, math.inf, 123456789):
            assert form is None or isinstance(form.shown(value), str)
