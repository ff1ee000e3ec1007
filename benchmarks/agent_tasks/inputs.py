"""Writes the files that the tasks are about into a folder. All is made up; the same version makes the same texts."""

import random
from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path

from benchmarks.agent_tasks.contract_inputs import write_contracts
from benchmarks.agent_tasks.pages import Part, write_pdf, write_scan
from tests.support.documents import sheet

__all__ = ["MINUTES", "NEW_TARIFF", "TARIFF", "YESTERDAYS", "tariff", "write_inputs"]

YESTERDAYS = 1_050
TARIFF = "finance/tariff.md"
NEW_TARIFF = 1_310
_OLD_TARIFF = 1_240
_BIG_BYTES = 3_000_000
MINUTES = tuple(f"minutes/minutes-{number:03}.txt" for number in range(1, 91))
"""Each is stored by a call of its own, so that their order is certain."""

_NOTES = (
    "The weather closed the outer pier on {n} days, and the timetable was kept on all others.",
    "Two thirds of the {n} complaints were about queues at the ticket machines.",
    "The workshop renewed {n} fenders and painted the waiting rooms in the summer.",
    "An apprentice scheme started with {n} places, all of which were filled by September.",
    "The new boarding bridge cut the time in port by {n} seconds.",
    "A survey of {n} travellers praised the crews and asked for more room for bicycles.",
    "The supervisory board met {n} times and visited the slipway once.",
    "Purchases from suppliers in the region rose by {n} per cent.",
    "Training took {n} days for each member of the deck crews.",
    "The audit of the booking system found {n} minor points, which were settled.",
)
_CHAPTERS = (
    "Market Timetable Fleet Piers Safety Environment Staff Digital Purchasing Region Risks Outlook Governance"
    " Accessibility Catering Freight"
).split()
_FIGURES = {
    2024: ("107.8 million crowns", 512, "0.40 crowns"),
    2025: ("114.8 million crowns", 547, "0.42 crowns"),
}
"""Revenue, employees on average, and the dividend for each share."""

_TOPICS = (
    "bicycles|keys|uniforms|night shifts|overtime|travel costs|parking|visitors|photography|radio traffic|first aid"
    "|fire drills|tools|ladders|fuel|paint|waste|cash desks|refunds|group bookings|pets|strollers|lost property"
    "|ticket machines|announcements|posters|cleaning|ice|fog|high water|deliveries|mail|meeting rooms|phones|laptops"
    "|passwords|sick leave|holidays|parental leave|pensions"
).split("|")
_RULES = (
    "Questions about {topic} go to the duty manager, who answers within {n} working days.",
    "What concerns {topic} is written into the log of the pier at the end of each shift.",
    "Exceptions for {topic} need the written consent of the head of operations.",
    "New colleagues learn about {topic} on their first day and sign that they understood.",
    "The list for {topic} hangs in the crew room and is renewed every {n} months.",
    "Whoever sees a breach of the rules for {topic} speaks to the person first and reports it only if it goes on.",
    "The rules for {topic} are the same at all piers, unless the notice at the pier says otherwise.",
    "Forms for {topic} are kept for {n} years and then destroyed.",
    "The purchase of goods for {topic} above {n} crowns needs two signatures.",
    "Between October and March the rules for {topic} also hold on the feeder buses.",
    "A yearly talk with the works council settles what changes for {topic}.",
    "Temporary staff follow the rules for {topic} from their first hour on.",
    "If an inspector asks about {topic}, the duty manager is called and no papers are handed out.",
    "Suggestions for {topic} go into the box in the crew room, which is emptied every {n} days.",
    "The costs of {topic} are booked on the account of the pier, not on that of the vessel.",
    "Photos and messages about {topic} are not posted, not even in closed groups.",
)
_LOST = (
    "Items that nobody claims within 45 days are given to the harbour mission, except for identity papers, which go to"
    " the office that issued them on the next working day."
)
_SHIPS = ("Kestrel", "Osprey", "Tern", "Plover", "Sandpiper")
_KINDS = ("Fuel", "Repairs", "Catering", "Port dues", "Cleaning", "Insurance", "Training", "Uniforms")


def write_inputs(root: Path) -> None:
    """Write all files below an empty folder, each group into a folder of its own."""
    write_contracts(root / "contracts")
    for name in ("reports", "manuals", "scans", "finance", "handbook", "exports", "minutes"):
        (root / name).mkdir()
    for year in _FIGURES:
        write_pdf(root / "reports" / f"annual-report-{year}.pdf", list(_report(year)))
    write_pdf(root / "manuals" / "crane-manual.pdf", list(_manual()))
    write_scan(root / "scans" / "inspection-plover.pdf", _certificate())
    (root / "finance" / "expenses-2025.xlsx").write_bytes(sheet(list(_expenses()), "Expenses"))
    (root / TARIFF).write_text(tariff(_OLD_TARIFF), encoding="utf-8")
    (root / "handbook" / "staff-handbook.md").write_text(_handbook(), encoding="utf-8")
    line = "2025-06-01;Harbour;Saint Orla;08:00;214\n"
    (root / "exports" / "passengers.csv").write_text(line * (_BIG_BYTES // len(line)), encoding="utf-8")
    for number, path in enumerate(MINUTES, 1):
        text = f"Minutes of meeting {number}\n\nThe board took note of report {number}.\n"
        (root / path).write_text(text, encoding="utf-8")
    _write_imports(root / "imports")


def tariff(day_rate: int) -> str:
    """The tariff with this rate for chartering a vessel for a day."""
    return (
        "# Tariff\n\n## Tickets\n\nA single ticket costs 4.20 crowns. A day ticket costs 11 crowns.\n\n## Charter\n\n"
        f"The day rate for the charter of a vessel with crew is {day_rate:,} crowns. Fuel is charged at cost.\n\n"
        "## Freight\n\nA pallet costs 38 crowns on all lines.\n"
    )


def _report(year: int) -> Iterator[Part]:
    chance = random.Random(year)
    revenue, employees, dividend = _FIGURES[year]
    special = {
        "Market": f"Revenue came to {revenue} in {year}.",
        "Staff": f"In {year} the company had {employees} employees on average, counted as full-time posts.",
        "Governance": f"The board proposes a dividend of {dividend} for each share for {year}.",
    }
    yield Part(f"Annual report {year}", "Harbour Ferries carries people and goods between five islands.")
    for chapter in _CHAPTERS:
        notes = [note.format(n=chance.randrange(2, 90)) for note in chance.sample(_NOTES, 6)]
        if chapter in special:
            notes.insert(chance.randrange(1, 5), special[chapter])
        yield Part(f"{chapter} {year}", " ".join(notes))
        yield Part(f"More about {chapter.lower()}", " ".join(chance.sample(notes, 6)))


def _manual() -> Iterator[Part]:
    chance = random.Random(480)
    yield Part("Cranes of the K series", "This manual is for operators of the cranes K-120 to K-960.")
    for number, model in enumerate(range(120, 1080, 120), 1):
        rows: list[Sequence[str]] = [("Model", "5 m", "10 m", "15 m", "20 m", "25 m")]
        for kind in range(model, model + 120, 20):
            loads = [f"{kind / 10 / radius:.1f} t" for radius in (1, 1.7, 2.3, 3.1, 4.2)]
            rows.append((f"K-{kind}", *loads))
        yield Part(
            f"{number} Loads of K-{model} and its variants",
            "The table shows the greatest load at each radius. It holds for a wind of at most 12 m/s.",
            rows,
        )
        for part in ("Slewing", "Hoisting", "Brakes", "Grease", "Ropes"):
            text = " ".join(rule.format(topic=part.lower(), n=chance.randrange(2, 30)) for rule in _RULES[:8])
            yield Part(f"{part} of K-{model}", text)


def _certificate() -> list[str]:
    return [
        "INSPECTION CERTIFICATE",
        "",
        "Vessel: Plover",
        "Hull inspected dry on 3 March 2025",
        "Thickness of the keel plate: 11.4 mm",
        "No defects found.",
        "",
        "Signed: H. Marek, surveyor",
    ]


def _expenses() -> Iterator[list[str | float]]:
    chance = random.Random(2025)
    yield ["Date", "Vessel", "Kind", "Supplier", "Amount"]
    for number in range(320):
        day = f"2025-{number * 12 // 320 + 1:02}-{chance.randrange(1, 29):02}"
        supplier = f"Supplier {chance.randrange(10, 40)}"
        yield [day, chance.choice(_SHIPS), chance.choice(_KINDS), supplier, float(chance.randrange(120, 9_800))]


def _handbook() -> str:
    chance = random.Random(40)
    parts = ["# Staff handbook\n"]
    for topic in _TOPICS:
        rules = [rule.format(topic=topic, n=chance.randrange(2, 30)) for rule in chance.sample(_RULES, 14)]
        if topic == "lost property":
            rules.insert(3, _LOST)
        parts.append(f"## {topic.capitalize()}\n\n{' '.join(rules[:8])}\n\n{' '.join(rules[8:])}\n")
    return "\n".join(parts)


def _write_imports(folder: Path) -> None:
    """Files that an import made: most of yesterday, a few of the days around it."""
    groups = (("earlier", 30), ("yesterday-1", YESTERDAYS // 2), ("yesterday-2", YESTERDAYS // 2), ("today", 30))
    numbers = count(1)
    for group, files in groups:
        (folder / group).mkdir(parents=True)
        for number in islice(numbers, files):
            (folder / group / f"import-{number:04}.txt").write_text(f"Import {number}\n", encoding="utf-8")
