"""Tables with random content, whose cells are known."""

from dataclasses import dataclass, field
from random import Random

__all__ = ["Content", "Span", "finance", "prose", "records"]

_NAMES = (
    "Aurora Bergamot Cascade Delmar Everest Fairfax Granite Harbor Indigo Juniper Kestrel Lumen Meridian Northgate "
    "Orchard Pioneer Quarry Ridgeline Sable Tamarack Umber Vantage Willow Xenon Yarrow Zephyr"
).split()
_NOUNS = "Freight Energy Foods Textiles Systems Labs Motors Paper Glass Health Retail Media Shipping Tools".split()
_WORDS = (
    "the report shows that most of the regions grew during the period while costs were held at the level of "
    "the prior year and management expects demand to remain stable because several contracts were renewed "
    "before the end of the quarter"
).split()
_CITIES = [
    "Lisbon",
    "Oslo",
    "New York",
    "San Diego",
    "Kyoto",
    "Porto Alegre",
    "Leeds",
    "Graz",
    "Cape Town",
    "Riga",
    "Salt Lake City",
]
_LINES = (
    "Net sales|Cost of sales|Gross profit|Research and development|Selling, general and administrative|"
    "Operating income|Interest expense, net|Income before taxes|Provision for income taxes|Net income|"
    "Depreciation and amortization|Accounts receivable|Inventories|"
    "Prepaid expenses and other current assets|Property, plant and equipment, net|Goodwill|"
    "Accounts payable|Accrued compensation|Long-term debt, less current portion|Deferred income taxes|Retained earnings"
).split("|")

Span = tuple[int, int]
"""How many rows and columns a cell covers."""


@dataclass
class Content:
    """The texts of a table by row, header rows first. A cell in `spans` covers those at its right and below, which are
    empty. `aligned` has a letter for each column: l, r or c."""

    header: list[list[str]]
    rows: list[list[str]]
    aligned: str
    spans: dict[tuple[int, int], Span] = field(default_factory=dict[tuple[int, int], Span])

    @property
    def cells(self) -> list[list[str]]:
        return [*self.header, *self.rows]

    def flat(self) -> list[list[str]]:
        """One row of names, those of header rows joined, and the rows; a cell over rows or columns of the header
        stands in each, one over columns of a row only in the first."""
        cells = [list(row) for row in self.cells]
        heads = len(self.header)
        for (top, left), (height, width) in self.spans.items():
            for row in range(top, top + height):
                for column in range(left, left + (width if top < heads else 1)):
                    if row < heads <= top or (row == top or top >= heads or column != left or row < heads):
                        cells[row][column] = cells[top][left]
        names: list[str] = []
        for column in range(len(self.aligned)):
            parts: list[str] = []
            for row in cells[:heads]:
                if row[column] and row[column] not in parts[-1:]:
                    parts.append(row[column])
            names.append(" ".join(parts))
        return [names, *cells[heads:]]


def prose(random: Random, words: int) -> str:
    text = " ".join(random.choice(_WORDS) for _ in range(words))
    return f"{text.capitalize()}."


def _figure(random: Random, kind: str) -> str:
    if kind == "integer":
        return f"{random.randrange(1, 99_999):,}"
    if kind == "money":
        return f"${random.randrange(100, 9_999_999) / 100:,.2f}"
    if kind == "percent":
        return f"{random.randrange(-300, 1500) / 10}%"
    if kind == "paren":
        value = random.randrange(-9_999, 30_000)
        return f"({-value:,})" if value < 0 else f"{value:,}"
    if kind == "date":
        return f"20{random.randrange(10, 26)}-{random.randrange(1, 13):02}-{random.randrange(1, 29):02}"
    if kind == "code":
        return f"{random.choice('ABKX')}{random.choice('CDZ')}-{random.randrange(100, 9999):04}"
    if kind == "decimal":
        return f"{random.random() * 100:.{random.choice((1, 2))}f}"
    if kind == "city":
        return random.choice(_CITIES)
    return random.choice(("Yes", "No", "Open", "Closed", "Pending"))


_HEADERS = {
    "integer": ["Units", "Quantity", "Head count", "Volume (t)", "Visitors"],
    "money": ["Amount", "Price", "Revenue (USD)", "Unit cost"],
    "percent": ["Change", "Share", "Margin", "Growth rate"],
    "paren": ["Net result", "Cash flow", "Balance"],
    "date": ["Date", "Due date", "Opened"],
    "code": ["Code", "Part no.", "Reference"],
    "decimal": ["Score", "Weight (kg)", "Mean", "Length, m"],
    "city": ["City", "Location", "Office"],
    "state": ["Status", "Active"],
}
_LEFT = {"date", "code", "city", "state"}


def records(
    random: Random, rows: int, columns: int, *, empty: float = 0.0, long: bool = False, groups: int = 0
) -> Content:
    """A table of records: a name, and columns of figures and short texts. With `groups`, a second header row above."""
    kinds = [random.choice(list(_HEADERS)) for _ in range(columns - 1)]
    if not any(kind not in _LEFT for kind in kinds):
        kinds[-1] = "integer"
    if groups:
        kinds = [random.choice(["integer", "paren", "percent", "decimal"]) for _ in kinds]
    names = [
        random.choice(["Company", "Item", "Region", "Project"]),
        *(random.choice(_HEADERS[kind]) for kind in kinds),
    ]
    body: list[list[str]] = []
    for _ in range(rows):
        name = f"{random.choice(_NAMES)} {random.choice(_NOUNS)}"
        if long:
            name = f"{name} {prose(random, random.randrange(2, 9))}"
        row = [name, *(_figure(random, kind) for kind in kinds)]
        body.append([cell if number == 0 or random.random() >= empty else "" for number, cell in enumerate(row)])
    aligned = "l" + "".join("l" if kind in _LEFT else "r" for kind in kinds)
    content = Content([names], body, aligned)
    if groups:
        width = (columns - 1) // groups
        top = [""] * columns
        for number in range(groups):
            start = 1 + number * width
            top[start] = random.choice([f"20{20 + number}", f"Q{number + 1} 2024", f"Plan {number + 1}"])
            content.spans[0, start] = (1, width)
        content.header = [top, names]
    return content


def finance(random: Random, rows: int, years: int) -> Content:
    """A part of a financial statement: figures in parentheses, `$` before the first and last row."""
    body: list[list[str]] = []
    for number in range(rows):
        sign = "$ " if number in (0, rows - 1) else ""
        body.append([random.choice(_LINES), *(sign + _figure(random, "paren") for _ in range(years))])
    names = [
        random.choice(["(in millions)", "(Thousands)", "In thousands of dollars"]),
        *(str(2024 - year) for year in range(years)),
    ]
    return Content([names], body, "l" + "r" * years)
