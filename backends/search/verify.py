"""The last look at a quote before it is given out: is it there, at the place that it names?"""

import logging

from files_api_mcp.backends.models import Passage
from files_api_mcp.backends.search.index.index import Document, Index
from files_api_mcp.backends.search.reader import Window, read

__all__ = ["stands_literally"]

_log = logging.getLogger(__name__)


def stands_literally(index: Index, document: Document, passage: Passage) -> bool:
    """Whether reading at the passage's own page and offsets, as anybody else would, gives its very text."""
    pages = (passage.page, passage.page) if passage.page is not None else None
    (found,) = read(index, document, Window(pages, passage.start_char), len(passage.text))
    literal = found.text == passage.text and found.end_char == passage.end_char
    if not literal:
        _log.error("a passage of %s does not stand where it says, and was left out", passage.file_id)
    return literal
