"""Finds the words of a question in a text, for highlighting."""

import re

from files_api_mcp.backends.search.tokenizer import terms

__all__ = ["Highlighter"]

_WORD = re.compile(r"\w+")


class Highlighter:
    """Finds the words of a question in a text, in any inflection."""

    def __init__(self, question: str) -> None:
        self._wanted = {english: set(terms(question, english=english)) for english in (True, False)}

    def pieces(self, text: str) -> list[tuple[str, bool]]:
        """Split a text into pieces, each with whether it is a word of the question."""
        found: list[tuple[str, bool]] = []
        at = 0
        for word in _WORD.finditer(text):
            if any(self._wanted[english] & set(terms(word[0], english=english)) for english in (True, False)):
                found += [(text[at : word.start()], False), (word[0], True)]
                at = word.end()
        return [*found, (text[at:], False)]
