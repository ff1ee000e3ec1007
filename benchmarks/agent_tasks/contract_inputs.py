"""The folder of contracts: 40 service agreements of two or three pages as PDF."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from benchmarks.agent_tasks.pages import Part, write_pdf

__all__ = ["COUNT", "Contract", "contracts", "write_contracts"]

COUNT = 40
_SERVICES = (
    "cleaning of offices",
    "maintenance of lifts",
    "catering on board",
    "security at night",
    "printing of timetables",
    "disposal of waste oil",
    "translation of notices",
    "care of green areas",
    "repair of gangways",
    "support of ticket machines",
)
_FIRST = "Aldane Brevik Corlin Dunmore Eskel Fanoy Gristow Haldis Ivarsen Jorund".split()
_SECOND = ("Works", "Services", "Partners", "Logistics")
_DAMAGES_EVERY, _DAMAGES_AT = 6, 3
"""Every sixth contract, from the fourth one on, has the clause that a task looks for."""

_CLAUSES = (
    (
        "Standards",
        "The contractor performs the services with skilled staff and in line with the rules of the trade. It replaces"
        " any person to whom the client objects for a good reason within {days} days. It keeps a log of all work and"
        " shows it to the client on request.",
    ),
    (
        "Access",
        "The client gives the contractor access to the premises between {hour} and 20:00 on working days. Keys are"
        " handed out against signature and returned on the same day. A lost key is reported at once.",
    ),
    (
        "Invoices",
        "The contractor sends an invoice at the end of each month. The client pays within {days} days of receipt. If a"
        " payment is late, interest of {percent} per cent a year is due. A disputed part may be held back until the"
        " dispute is settled.",
    ),
    (
        "Changes",
        "Either party may propose changes in writing. A change binds both parties when both have signed it. Prices may"
        " be adjusted once a year by the change of the consumer price index, by at most {percent} per cent.",
    ),
    (
        "Confidentiality",
        "Each party keeps secret what it learns about the business of the other one, during the agreement and for"
        " {years} years after its end. This does not apply to what is public or must be disclosed by law.",
    ),
    (
        "Insurance",
        "The contractor holds liability insurance of at least {million} million crowns for each event and shows the"
        " policy before the services begin. It tells the client without delay if the cover ends or is reduced.",
    ),
    (
        "Liability",
        "Each party is liable for damage that it causes by intent or negligence. Liability for lost profit is excluded."
        " Apart from intent, liability is limited to {million} million crowns a year.",
    ),
    (
        "Data protection",
        "If the contractor processes personal data, it does so only on written instructions of the client. It reports a"
        " breach within {hour} hours and deletes all data at the end of the agreement.",
    ),
    (
        "Termination",
        "Either party may terminate the agreement with notice of {days} days to the end of a quarter. The right to"
        " terminate for an important reason is not affected. Notice must be given in writing.",
    ),
    (
        "Final provisions",
        "If a provision is void, the others stay in force. The law of the client's seat applies. Disputes go to the"
        " court at the seat of the client. Oral side agreements were not made.",
    ),
)


@dataclass(frozen=True, slots=True)
class Contract:
    """What a contract says."""

    filename: str
    party: str
    service: str
    fee: int
    end: date
    has_damages: bool


def contracts() -> list[Contract]:
    """The contracts, in the order of their numbers."""
    chance = random.Random(4017)
    names = [f"{first} {second}" for first in _FIRST for second in _SECOND]
    chance.shuffle(names)
    return [
        Contract(
            filename=f"agreement-{number + 1:02}-{party.split()[0].lower()}-{party.split()[1].lower()}.pdf",
            party=party,
            service=_SERVICES[number % len(_SERVICES)],
            fee=chance.randrange(8_000, 190_000, 100),
            end=date(2026, 1, 31) + timedelta(days=chance.randrange(0, 1200)),
            has_damages=number % _DAMAGES_EVERY == _DAMAGES_AT,
        )
        for number, party in enumerate(names)
    ]


def write_contracts(folder: Path) -> None:
    """Write the contracts into a new folder."""
    folder.mkdir(parents=True)
    for number, contract in enumerate(contracts()):
        write_pdf(folder / contract.filename, list(_parts(contract, random.Random(number))))


def _parts(contract: Contract, chance: random.Random) -> Iterator[Part]:
    yield Part(
        "Service agreement",
        f"between Harbour Ferries, the client, and {contract.party}, the contractor, for the {contract.service}.",
    )
    yield Part("1 Subject", f"The contractor takes over the {contract.service} at all piers of the client.")
    yield Part("2 Fee and term", _fee(contract))
    clauses = list(_CLAUSES)
    if contract.has_damages:
        clauses.insert(chance.randrange(2, 8), _damages(contract))
    yield from _numbered(clauses, chance)


def _fee(contract: Contract) -> str:
    return (
        f"The annual fee is {contract.fee:,} crowns, and the agreement ends on {contract.end.isoformat()}. The fee"
        " includes travel and material. It is paid in twelve equal parts."
    )


def _damages(contract: Contract) -> tuple[str, str]:
    rate = contract.fee // 200
    return (
        "Late performance",
        f"If the contractor is late, it pays liquidated damages of {rate:,} crowns for each full day, at most for"
        " twenty days. The client may claim further damage if it proves it.",
    )


def _numbered(clauses: Sequence[tuple[str, str]], chance: random.Random) -> Iterator[Part]:
    for number, (title, text) in enumerate(clauses, 3):
        shown = text.format(
            days=chance.choice((14, 30, 45, 60, 90)),
            hour=chance.choice((12, 24, 36, 48)) if "hours" in text else f"{chance.choice((5, 6, 7))}:00",
            percent=chance.randrange(2, 9),
            years=chance.randrange(2, 6),
            million=chance.randrange(1, 9),
        )
        yield Part(f"{number} {title}", shown)
