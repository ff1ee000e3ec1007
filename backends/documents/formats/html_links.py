"""Targets of links in web pages: those that a reader may want, short enough not to bury the text."""

import re

__all__ = ["link_target"]

_LONGEST = 100
_SCHEME = re.compile(r"(?:https?|ftp):(?=//)", re.IGNORECASE)
_ANY_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,20}:", re.IGNORECASE)
_FILE = re.compile(
    r"[^?#]+\.(?:pdf|docx?|xlsx?|pptx?|od[tsp]|rtf|csv|tsv|json|xml|zip|epub|txt|md|ics|eml)(?:[?#].*)?", re.IGNORECASE
)


def link_target(href: str, text: str, *, files_only: bool) -> str | None:
    """The target of a link as it is shown after its text, without its scheme; None if it is not worth showing.

    A page of the same site is not, and neither is what the text says already. With `files_only`, only targets that
    name a file are shown: an item of a list that starts with a link is mostly navigation.
    """
    href = "".join(href.split())
    if len(href) > _LONGEST:
        return None
    if href[:7].lower() == "mailto:":
        target = href[7:].partition("?")[0]
        return None if files_only or target.lower() in text.lower() else target
    if absolute := _SCHEME.match(href):
        target = href[absolute.end() + 2 :].removesuffix("/")
    elif href.startswith("//"):
        target = href[2:].removesuffix("/")
    elif _ANY_SCHEME.match(href) or href.startswith("#"):
        return None
    else:
        target = href
        files_only = True
    if not target or target.lower() in text.lower() or (files_only and not _FILE.fullmatch(target)):
        return None
    return target
