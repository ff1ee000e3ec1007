"""Generates the sample documents in `examples/documents/`: `uv run python tests/examples/make_documents.py`.

Their contents are fictional. They are committed, so that the demo needs none of the libraries used here.
"""

import csv
import random
from datetime import date, datetime, timedelta
from pathlib import Path

import docx
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import cm
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle
from reportlab.platypus import Image as PlacedImage

OUT = Path(__file__).resolve().parents[2] / "examples" / "documents"

STYLES = getSampleStyleSheet()

LETTER = """In 2025 the ferries carried 4,182,600 passengers, 6.3 per cent more than the year before, and the new
hybrid vessel Kestrel entered service on the Harbour to Saint Orla line on 14 May. Punctuality reached 97.1 per cent,
the best figure since records began in 1998. Diesel use per sailing fell by 11 per cent, chiefly because Kestrel runs
on her batteries for the first twenty minutes of every crossing."""

DIVIDEND = """The board proposes a dividend of 0.42 crowns per share, to be paid on 30 April 2026 to shareholders on the
register at the close of 15 April 2026. This is an increase of 5 per cent on the dividend for 2024."""

RISKS = (
    (
        "Fuel prices",
        "A rise of 10 per cent in the price of marine diesel would lower the operating result by 1.9 million "
        "crowns before hedging. Two thirds of the diesel expected for 2026 is hedged at a fixed price.",
    ),
    (
        "Ice",
        "The Saint Orla line was closed by ice for nine days in February 2025. Each day of closure costs about "
        "85,000 crowns in lost fares.",
    ),
    (
        "Crew",
        "Eleven of the forty-two deck officers reach retirement age before the end of 2028. An apprentice scheme "
        "with the nautical college at Brannholm started in September 2025 with eight places.",
    ),
)

OUTLOOK = (
    "The company expects between 4.3 and 4.4 million passengers in 2026 and capital expenditure of 38 million "
    "crowns, of which 24 million is for the second hybrid vessel, to be named Merlin and delivered in the "
    "autumn of 2026.",
    "Punctuality is the share of sailings that leave within five minutes of the published time. Load factor is "
    "the number of passengers carried divided by the number of places offered.",
)

INCOME = [
    ["Million crowns", "2025", "2024", "Change"],
    ["Passenger fares", "71.4", "66.0", "8.2 %"],
    ["Vehicles and freight", "33.8", "33.1", "2.1 %"],
    ["Catering and other", "9.6", "8.7", "10.3 %"],
    ["Revenue", "114.8", "107.8", "6.5 %"],
    ["Crew", "-38.2", "-36.5", "4.7 %"],
    ["Fuel and electricity", "-19.4", "-21.3", "-8.9 %"],
    ["Maintenance", "-14.7", "-13.9", "5.8 %"],
    ["Depreciation", "-12.1", "-10.6", "14.2 %"],
    ["Other costs", "-11.9", "-11.2", "6.3 %"],
    ["Operating result", "18.5", "14.3", "29.4 %"],
]

FLEET = [
    ["Vessel", "Built", "Drive", "Passengers", "Cars", "Line"],
    ["Kestrel", "2025", "hybrid", "420", "60", "Harbour - Saint Orla"],
    ["Osprey", "2009", "diesel", "380", "54", "Harbour - Saint Orla"],
    ["Tern", "2014", "diesel", "260", "30", "Brannholm - Lyse"],
    ["Plover", "1997", "diesel", "190", "18", "Lyse - Outer Skerry"],
    ["Sandpiper", "2021", "electric", "150", "0", "Harbour ring"],
]


def _table(rows: list[list[str]]) -> Table:
    table = Table(rows, hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.4, colors.grey),
                ("FONTNAME", (0, 0), (-1, 0), "Helvetica-Bold"),
                ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
            ]
        )
    )
    return table


def _scan() -> Path:
    """A page that is only an image, like a scan."""
    sheet = Image.new("L", (1240, 1754), 248)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(44)
    lines = [
        "INSPECTION CERTIFICATE",
        "",
        "Vessel: Plover",
        "Hull inspected dry on 3 March 2025",
        "No defects found.",
        "",
        "Signed: H. Marek, surveyor",
    ]
    for number, line in enumerate(lines):
        draw.text((140, 180 + 90 * number), line, fill=40, font=font)
    draw.ellipse((780, 980, 1080, 1280), outline=90, width=8)
    path = OUT / "scan.tmp.png"
    sheet.rotate(0.8, fillcolor=248).save(path, optimize=True)
    return path


def make_report() -> None:
    """A report of seven pages: text, tables, and a scanned certificate without a text layer."""
    heading, body = STYLES["Heading1"], STYLES["BodyText"]
    scan = _scan()
    story: list[Flowable] = [
        Spacer(1, 5 * cm),
        Paragraph("Northwater Ferries", STYLES["Title"]),
        Paragraph("Annual report 2025", STYLES["Title"]),
        PageBreak(),
        Paragraph("Letter from the managing director", heading),
        Paragraph(LETTER, body),
        Paragraph(DIVIDEND, body),
        PageBreak(),
        Paragraph("Income statement", heading),
        _table(INCOME),
        PageBreak(),
        Paragraph("Fleet and lines", heading),
        _table(FLEET),
        PageBreak(),
        Paragraph("Risks", heading),
    ]
    for title, text in RISKS:
        story += [Paragraph(title, STYLES["Heading2"]), Paragraph(text, body)]
    story += [PageBreak(), Paragraph("Outlook and definitions", heading)]
    story += [Paragraph(text, body) for text in OUTLOOK]
    story += [PageBreak(), PlacedImage(str(scan), width=16 * cm, height=22.6 * cm)]
    target = OUT / "annual-report.pdf"
    SimpleDocTemplate(
        str(target), pagesize=A4, title="Annual report 2025", author="Northwater Ferries", invariant=1
    ).build(story)
    scan.unlink()


CLAUSES = (
    (
        "1. Services",
        "The Contractor cleans the passenger areas of the vessels named in Schedule A after the last sailing of "
        "each day and before the first sailing of the next.",
    ),
    (
        "2. Term and termination",
        "This agreement begins on 1 February 2026 and runs for two years. Either party may end it by written notice "
        "of ninety days. The Company may end it at once if the Contractor misses three cleanings in one month.",
    ),
    (
        "3. Fees",
        "The Company pays the fees of Schedule A within thirty days of receiving the invoice. Late payments bear "
        "interest of 6 per cent a year.",
    ),
    (
        "4. Liability",
        "The Contractor's liability is limited to 250,000 crowns in any one year, except for harm to persons.",
    ),
    ("5. Governing law", "This agreement is governed by the law of the Province of Brannholm."),
)


def make_contract() -> None:
    """A contract with headings, clauses and a table of fees."""
    document = docx.Document()
    document.core_properties.created = document.core_properties.modified = datetime(2026, 1, 12)  # noqa: DTZ001
    document.core_properties.author = "Northwater Ferries"
    document.add_heading("Cleaning services agreement", 0)
    document.add_paragraph("between Northwater Ferries (the Company) and Brightdeck Services (the Contractor)")
    for title, text in CLAUSES:
        document.add_heading(title, 1)
        document.add_paragraph(text)
    document.add_heading("Schedule A: vessels and fees", 1)
    rows = [
        ("Vessel", "Fee per cleaning (crowns)"),
        ("Kestrel", "1,150"),
        ("Osprey", "1,050"),
        ("Tern", "720"),
    ]
    table = document.add_table(rows=0, cols=2)
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.save(str(OUT / "cleaning-agreement.docx"))


def make_sailings() -> None:
    """A month of sailings, one row each."""
    chance = random.Random(2025)
    with (OUT / "sailings-june.csv").open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["date", "line", "vessel", "departure", "delay_min", "passengers", "cancelled"])
        for day in range(30):
            for vessel, line, hour in (
                ("Kestrel", "Harbour - Saint Orla", 7),
                ("Tern", "Brannholm - Lyse", 9),
                ("Plover", "Lyse - Outer Skerry", 11),
            ):
                moment = date(2025, 6, 1) + timedelta(days=day)
                cancelled = (day, vessel) == (16, "Plover")
                passengers = 0 if cancelled else chance.randint(60, 400)
                delay = 0 if cancelled else max(0, round(chance.gauss(2, 3)))
                rows.writerow([moment, line, vessel, f"{hour:02}:15", delay, passengers, "fog" if cancelled else ""])


NOTES = """# Timetable meeting, 4 November 2025

Present: Ana Lund, Petter Sand, Ruth Okafor

## Decisions

- The winter timetable starts on **Monday 5 January 2026**.
- The last sailing from Lyse moves from 21:40 to 22:10, because the train from Brannholm now arrives at 21:55.
- Bicycles travel free on the Harbour ring until the end of March, as a trial.

## Open points

- Ruth asks the harbour office whether two vessels may charge at quay 4 at the same time (800 kW each).
- Petter brings figures on missed connections to the next meeting, on 2 December.
"""


def make_plan() -> None:
    """A drawing with lettering: something to see, but no text to search."""
    sheet = Image.new("RGB", (900, 600), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(24)
    draw.rectangle((0, 380, 900, 600), fill="#9ec9e6")
    for quay in range(4):
        left = 60 + 210 * quay
        draw.rectangle((left, 300, left + 150, 380), fill="#b8b1a6", outline="black")
        draw.text((left + 30, 325), f"Quay {quay + 1}", fill="black", font=font)
    draw.rectangle((60, 80, 480, 220), fill="#f2e6c9", outline="black", width=3)
    draw.text((170, 135), "Terminal", fill="black", font=font)
    draw.polygon(((690, 420), (840, 420), (815, 460), (715, 460)), fill="#335577")
    sheet.save(OUT / "terminal-plan.png", optimize=True)


def main() -> None:
    """Generate all documents."""
    OUT.mkdir(parents=True, exist_ok=True)
    make_report()
    make_contract()
    make_sailings()
    (OUT / "meeting-notes.md").write_text(NOTES, encoding="utf-8")
    make_plan()


if __name__ == "__main__":
    main()
