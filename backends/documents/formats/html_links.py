"""Targets of links in web pages: those that a reader may want, short enough not to bury the text."""

import re

__all__ = ["link_end", "link_target"]

_LONGEST = 100
_SCHEME = re.compile(r"(?:https?|ftp):(?=//)", re.IGNORECASE)
_ANY_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,20}:", re.IGNORECASE)
_FILE = re.compile(
    r"[^?#]+\.(?:pdf|docx?|xlsx?|pptx?|od[tsp]|rtf|csv|tsv|json|xml|zip|epub|txt|md|ics|eml)(?:[?#].*)?", re.IGNORECASE
)
_PAGE = re.compile(r"#\S*|(?!//)(?:[^:\s?#]*/)?(?:[^:\s?#/.]*|[^:\s?#/]*\.html?)(?:[?#]\S*)?")
"""Most links: a place in this page, or a page of the same site."""


def link_target(href: str, *, files_only: bool = False) -> str | None:
    """The target of a link as it is shown after its text, without its scheme; None if it is not worth showing.

    A page of the same site is not. With `files_only`, only targets that name a file are shown.
    """
    if href[:4] != "http" and _PAGE.fullmatch(href):
        return None
    href = "".join(href.split())
    if len(href) > _LONGEST:
        return None
    if href[:7].lower() == "mailto:":
        return None if files_only else href[7:].partition("?")[0] or None
    if absolute := _SCHEME.match(href):
        target = href[absolute.end() + 2 :].removesuffix("/")
    elif href.startswith("//"):
        target = href[2:].removesuffix("/")
    elif _ANY_SCHEME.match(href) or href.startswith("#"):
        return None
    else:
        target = href
        files_only = True
    if not target or (files_only and not _FILE.fullmatch(target)):
        return None
    return target


def link_end(href: str, target: str, text: str, *, is_item: bool) -> str:
    """What stands after the text of a link: its target, unless the text says it already.

    An item of a list that starts with a link is mostly navigation: only files are shown.
    """
    if target.lower() in text.lower() or (is_item and not link_target(href, files_only=True)):
        return ""
    return f" ({target})"
