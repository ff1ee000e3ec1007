"""Headings: the number of a section, split from its title. All formats share this."""

import re

__all__ = ["split_number"]

_DASHES = "\\-\u2013\u2014"
_NUMBER = re.compile(
    rf"""
    (?: (?:§{{1,2}} | (?i:section|sec\.)) \s* (?=\d) )?
    (?:
        (?P<digits> \d{{1,3}} (?:\.\d{{1,3}}){{0,8}} [a-z]? ) [.):]?
      | (?P<lettered> [A-Z] (?:\.\d{{1,3}}){{1,8}} [a-z]? ) [.):]?
      | (?P<roman> (?: [A-Z] | [IVXLC]{{2,7}}) ) [.)]
      | (?P<bracketed> \( (?: \d{{1,3}} | [A-Za-z]{{1,2}} | [ivxlcIVXLC]{{1,7}} ) \) )
    )
    (?: \s+ (?:[:{_DASHES}]\s+)? | \s*[{_DASHES}]\s+ | $ )
    """,
    re.VERBOSE,
)


def split_number(title: str) -> tuple[str | None, str]:
    """The number of a heading, such as "3.2", "A.1", "IV" or "(a)", and the title without it.

    A year or a longer number belongs to the title, and so does a number with a unit ("3.5% growth").
    """
    text = title.strip()
    found = _NUMBER.match(text)
    if not found:
        return None, text
    return next(number for number in found.groups() if number), text[found.end() :]
