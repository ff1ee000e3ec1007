"""Writes PDF files: headings with paragraphs and tables, and a page that is only a picture."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

__all__ = ["Part", "write_pdf", "write_scan"]

_STYLES = getSampleStyleSheet()


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with its paragraph, and a table below it."""

    title: str
    text: str
    table: Sequence[Sequence[str]] = ()


def write_pdf(path: Path, parts: Sequence[Part]) -> None:
    """Write a document. The same parts make the same bytes."""
    flow: list[Flowable] = []
    for part in parts:
        flow += [Paragraph(part.title, _STYLES["Heading2"]), Paragraph(part.text, _STYLES["BodyText"]), Spacer(1, 6)]
        if part.table:
            grid = Table([list(row) for row in part.table], hAlign="LEFT")
            grid.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.4, colors.grey)]))
            flow.append(grid)
    SimpleDocTemplate(str(path), pagesize=A4, invariant=1).build(flow)


def write_scan(path: Path, lines: Sequence[str]) -> None:
    """Write a PDF whose only page is a picture of these lines, a little askew."""
    sheet = Image.new("L", (1240, 1754), 248)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(44)
    for number, line in enumerate(lines):
        draw.text((140, 180 + 90 * number), line, fill=40, font=font)
    picture = io.BytesIO()
    sheet.rotate(0.8, fillcolor=248).save(picture, "PNG")
    canvas = Canvas(str(path), pagesize=A4, invariant=1)
    canvas.drawImage(ImageReader(picture), 0, 0, *A4)  # pyright: ignore[reportUnknownMemberType]
    canvas.save()
