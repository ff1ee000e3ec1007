"""HTML page of an answer: its passages next to the images of their pages."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape

from files_api_mcp.backends.models import Answer, PageImage, Passage
from files_api_mcp.backends.search.highlighter import Highlighter

__all__ = ["cited_pages"]

# Text of documents is data: the page runs no script and fetches nothing.
_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem; color: #222; }}
section {{ display: flex; flex-wrap: wrap; gap: 1.5rem; border-top: 1px solid #ccc; padding: 1rem 0; }}
section > div {{ flex: 1 1 24rem; min-width: 0; }}
pre {{ font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }}
mark {{ background: #ffe08a; }}
img {{ max-width: 100%; border: 1px solid #ccc; }}
small {{ color: #666; }}
</style></head><body>
<h1>{title}</h1>
"""


def cited_pages(question: str, answer: Answer, images: Sequence[PageImage | None], mark: Highlighter) -> str:
    """Builds the page; `images` holds the page image of each passage, or None."""
    parts = [_HEAD.format(title=escape(question))]
    if answer.text:
        parts.append(f"<pre>{escape(answer.text)}</pre>")
    for number, (passage, image) in enumerate(zip(answer.passages, images, strict=True), start=1):
        parts.append(_section(number, passage, image, mark))
    parts += [f"<p><small>{escape(note)}</small></p>" for note in answer.notes]
    return "\n".join([*parts, "</body></html>\n"])


def _section(number: int, passage: Passage, image: PageImage | None, mark: Highlighter) -> str:
    words = "".join(
        f"<mark>{escape(piece)}</mark>" if marked else escape(piece) for piece, marked in mark.pieces(passage.text)
    )
    source = escape(f"{passage.filename}, {passage.where}")
    title = f"[{number}] {source} <small>score {passage.score:.2f}</small>"
    shown = f"<div><h2>{title}</h2><pre>{words}</pre></div>"
    if image is not None:
        data = b64encode(image.data).decode("ascii")
        shown += f'<div><img alt="page {image.page}" src="data:{image.mime_type};base64,{data}"></div>'
    return f"<section>{shown}</section>"
