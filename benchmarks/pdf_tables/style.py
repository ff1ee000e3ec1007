"""How the tables and the text of a document look."""

from random import Random
from typing import Any

from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph, Spacer, Table, TableStyle

from benchmarks.pdf_tables.content import Content, prose

__all__ = ["Story", "Style"]

Story = list[Any]
_FACES = [("Helvetica", "Helvetica-Bold"), ("Times-Roman", "Times-Bold"), ("Courier", "Courier-Bold")]


class Style:
    """Fonts and distances of a document."""

    def __init__(self, random: Random) -> None:
        self.face, self.bold = random.choice(_FACES[:2] * 3 + _FACES[2:])
        self.size = random.choice([7.5, 8, 9, 10, 11])
        self.random = random
        self.text = ParagraphStyle("text", fontName=self.face, fontSize=self.size, leading=self.size * 1.25)
        self.cell = ParagraphStyle("cell", parent=self.text, leading=self.size * 1.15)

    def table(
        self, content: Content, rules: list[Any], *, wrap: bool = False, repeat: int = 0, narrow: bool = False
    ) -> Table:
        data: list[list[Any]] = [list(row) for row in content.cells]
        if wrap:
            data = [[Paragraph(cell, self.cell) if len(cell) > 18 else cell for cell in row] for row in data]
        widths = None
        if wrap:
            widths = [130.0] + [(60.0 if narrow else 75.0)] * (len(content.aligned) - 1)
        padding = self.random.choice([2, 3, 4])
        style: list[Any] = [
            ("FONT", (0, 0), (-1, -1), self.face, self.size),
            ("LEADING", (0, 0), (-1, -1), self.size * 1.2),
            ("TOPPADDING", (0, 0), (-1, -1), padding),
            ("BOTTOMPADDING", (0, 0), (-1, -1), padding),
            ("VALIGN", (0, 0), (-1, -1), self.random.choice(["TOP", "MIDDLE"])),
        ]
        names = {"l": "LEFT", "r": "RIGHT", "c": "CENTER"}
        style += [("ALIGN", (n, 0), (n, -1), names[letter]) for n, letter in enumerate(content.aligned)]
        if self.random.random() < 0.6:
            style.append(("FONTNAME", (0, 0), (-1, len(content.header) - 1), self.bold))
        for (row, column), (height, width) in content.spans.items():
            style.append(("SPAN", (column, row), (column + width - 1, row + height - 1)))
            if width > 1:
                style.append(("ALIGN", (column, row), (column + width - 1, row), "CENTER"))
        return Table(
            data,
            colWidths=widths,
            style=TableStyle([*style, *rules]),
            repeatRows=repeat,
            hAlign=self.random.choice(["LEFT", "CENTER"]),
        )

    def prose(self, sentences: int) -> Paragraph:
        return Paragraph(
            " ".join(prose(self.random, self.random.randrange(8, 25)) for _ in range(sentences)), self.text
        )

    def around(self, *tables: Any) -> Story:
        """Tables with text before and after them."""
        story: Story = []
        for table in tables:
            story += [self.prose(self.random.randrange(1, 5)), Spacer(1, 8), table, Spacer(1, 8)]
        return [*story, self.prose(3)]
