"""Ten made-up tables, each about something else. The seed of a table fixes its rows."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

__all__ = ["THEMES", "Column", "Theme", "True_", "rows_of"]

True_ = str | int | float | bool | date | None
"""A value as it really is."""
_FIRST_DAY = date(2023, 1, 2)
_DAYS = 900


class Column(NamedTuple):
    """A column and its kind: key, text, code, integer, money, number, share, date or flag."""

    role: str
    name: str
    kind: str


@dataclass(frozen=True)
class Theme:
    """What the rows of a table are, and the names of the columns by what they are in questions."""

    name: str
    noun: str
    key: str
    prefix: str
    party: str
    parties: Sequence[str]
    group: str
    groups: Sequence[str]
    amount: str
    quantity: str
    day: str
    code: str
    share: str
    flag: str
    score: str
    currency: str = "$"

    @property
    def columns(self) -> list[Column]:
        """The columns in their order."""
        return [
            Column("key", self.key, "key"),
            Column("party", self.party, "text"),
            Column("group", self.group, "text"),
            Column("code", self.code, "code"),
            Column("day", self.day, "date"),
            Column("quantity", self.quantity, "integer"),
            Column("amount", self.amount, "money"),
            Column("share", self.share, "share"),
            Column("score", self.score, "number"),
            Column("flag", self.flag, "flag"),
        ]


_PEOPLE = (
    "Amara Quist|Bodil Ferreira|Cato Lindqvist|Dagny Okafor|Elio Brandt|Farida Nyström|Goran Achebe|Hedda Castellan|"
    "Idris Vogel|Jorunn Salazar|Kaito Marchetti|Liv Dubois|Mirek Oduya|Nadia Thorsen|Oskar Penrose|Pilar Engström"
).split("|")
_FIRMS = (
    "Alder & Sons|Bellweather Ltd|Cobalt Freight|Dunmore Textiles|Eastgate Optics|Fenwick Dairy|Glasshouse Media|"
    "Harrow Mills|Ivory Pumps|Juniper Tools|Kestrel Air|Lanternfish AB|Marlow Glass|Northpier Foods|Orchard Labs|"
    "Pinecrest Homes"
).split("|")
_PLACES = (
    "Altmoor|Bexhaven|Corvale|Dunleigh|Estermont|Fallowby|Grimsel|Hollins|Istrad|Jarrow Cross|Keldholm|Lorne|Mossend|"
    "Netherby|Overstrand|Penhallow"
).split("|")

THEMES = (
    Theme("orders", "order", "Order no", "SO-", "Customer", _FIRMS, "Region", ("North", "South", "East", "West"),
          "Amount", "Units", "Order date", "Postcode", "Discount", "Paid", "Rating"),
    Theme("payroll", "payslip", "Payslip", "PS-", "Employee", _PEOPLE, "Department", ("Sales", "Finance", "Logistics"),
          "Gross pay", "Overtime hours", "Pay date", "Staff no", "Tax rate", "Bonus", "Review"),
    Theme("ledger", "entry", "Entry", "J", "Supplier", _FIRMS, "Cost centre", ("Head office", "Plant", "Depot"),
          "Balance", "Lines", "Posted", "Account", "VAT", "Reversed", "Risk", "€"),
    Theme("stock", "item", "Item", "ART-", "Maker", _FIRMS, "Warehouse", ("Dock A", "Dock B", "Annex"),
          "Stock value", "Pieces", "Counted on", "Bin", "Scrap rate", "Blocked", "Weight kg"),
    Theme("towns", "survey", "Survey", "SV/", "Town", _PLACES, "County", ("Arden", "Brecon", "Calder", "Derwent"),
          "Levy", "Households", "Surveyed", "Area code", "Turnout", "Coastal", "Density"),
    Theme("flights", "flight", "Flight", "QK", "Destination", _PLACES, "Carrier", ("Aero One", "Bluejet", "Cirrus"),
          "Fuel cost", "Passengers", "Departure", "Gate code", "Load factor", "Diverted", "Delay h"),
    Theme("grants", "grant", "Grant", "GR-", "Institute", _PLACES, "Programme", ("Climate", "Health", "Materials"),
          "Award", "Months", "Start", "Call", "Overhead", "Renewed", "Grade", "£"),
    Theme("claims", "claim", "Claim", "CL-", "Holder", _PEOPLE, "Peril", ("Fire", "Hail", "Theft", "Water"),
          "Payout", "Documents", "Reported", "Policy", "Excess", "Closed", "Severity", "€"),
    Theme("samples", "sample", "Sample", "LAB", "Site", _PLACES, "Analyte", ("Lead", "Nitrate", "Zinc"),
          "Fee", "Replicates", "Taken", "Well", "Recovery", "Flagged", "Result mg"),
    Theme("tickets", "ticket", "Ticket", "T-", "Client", _FIRMS, "Priority", ("Low", "Normal", "Urgent"),
          "Invoice", "Minutes", "Opened", "Desk", "Effort", "Escalated", "Mood"),
)  # fmt: skip


def rows_of(theme: Theme, seed: int, count: int) -> list[dict[str, True_]]:
    """The rows by the roles of their cells. Keys rise, and no two amounts or days are the same."""
    made = random.Random(f"{theme.name} {seed}")
    numbers = sorted(made.sample(range(10_000, 99_999), count))
    cents = made.sample(range(-200_000, 9_000_000), count)
    days = made.sample(range(_DAYS), count)
    return [
        {
            "key": f"{theme.prefix}{numbers[number]}",
            "party": made.choice(theme.parties),
            "group": made.choice(theme.groups),
            "code": f"{made.randrange(200, 99_999):05d}",
            "day": _FIRST_DAY + timedelta(days=days[number]),
            "quantity": None if made.random() < 0.06 else made.randrange(1, 4000),
            "amount": cents[number] / 100,
            "share": made.randrange(0, 1000) / 1000,
            "score": None if made.random() < 0.1 else made.randrange(10, 1000) / 10,
            "flag": made.random() < 0.3,
        }
        for number in range(count)
    ]
