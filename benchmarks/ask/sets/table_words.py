"""The tables' words, and the wordings of their questions, which are in `table_questions.txt`."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Final

__all__ = ["TABLES", "Wording", "wordings"]


_QUESTIONS = Path(__file__).with_name("table_questions.txt")


@dataclass(frozen=True, slots=True)
class Wording:
    """A question in the table's words and in others; `columns` are those that select its rows."""

    kind: str
    columns: tuple[str, ...]
    close: str
    far: str


def wordings() -> dict[str, list[Wording]]:
    """The questions of each table."""
    tables = _QUESTIONS.read_text(encoding="utf-8").split("\n[")[1:]
    return {name.strip("]"): [_wording(line) for line in lines] for name, *lines in map(str.splitlines, tables)}


def _wording(line: str) -> Wording:
    kind, columns, close, far = line.split("; ")
    return Wording(kind, tuple(columns.split()), close, far)


_FIRST = "Amira Bruno Carla Dmitri Elif Farid Greta Hana Ivo Jonas Keiko Lucia Marek Nadia Oskar Priya Rosa Sven Yara"
_LAST = "Abebe Brandt Castillo Dvorak Eriksen Fontaine Gupta Haddad Ionescu Jansen Kowalski Lindqvist Moreau Okafor"
_PLACES = "Birchwood Canalside Dockyard Eastfield Foundry Greenhill Harbour Junction Kingsmead Larkspur Millpond"
_SORTS = "Gate Road Park Cross Square Hill Lane"


def _names(draw: random.Random, count: int) -> list[str]:
    return draw.sample([f"{first} {last}" for first, last in product(_FIRST.split(), _LAST.split())], count)


def _day(draw: random.Random, first: date, days: int) -> str:
    return (first + timedelta(days=draw.randrange(days))).isoformat()


def _products(draw: random.Random) -> list[dict[str, str]]:
    things = "desk lamp,bookcase,armchair,coffee table,wardrobe,bar stool,mirror,rug,bed frame,sideboard,bench"
    series = "Oslo,Bergen,Malmo,Turku,Aarhus,Reykjavik,Tampere,Uppsala,Odense,Narvik"
    made = [f"{one} {thing}" for one, thing in product(series.split(","), things.split(","))]
    draw.shuffle(made)
    return [
        {
            "sku": f"FN-{1200 + 7 * number}",
            "product": name,
            "material": draw.choice("oak,ash,walnut,steel,bamboo,glass,wool,linen,rattan,marble".split(",")),
            "colour": draw.choice("white,black,natural,grey,green,blue,terracotta,yellow".split(",")),
            "unit_price_eur": f"{draw.randrange(1900, 89000) / 100:.2f}",
            "stock": str(draw.randrange(0, 240)),
            "supplier": draw.choice("Halvorsen AB,Norda Group,Castor & Sons,Pinewerk GmbH,Tavola srl".split(",")),
            "warranty_years": str(draw.randrange(1, 11)),
        }
        for number, name in enumerate(made)
    ]


def _employees(draw: random.Random) -> list[dict[str, str]]:
    names = _names(draw, 180)
    return [
        {
            "employee_no": f"E{4031 + 3 * number}",
            "name": name,
            "job_title": draw.choice(
                "data engineer,accountant,buyer,nurse,welder,translator,lab assistant,sales representative".split(",")
            ),
            "department": draw.choice("finance,research,logistics,production,customer care,legal".split(",")),
            "office": draw.choice("Ghent,Porto,Krakow,Leeds,Turin,Graz,Aarhus,Nantes".split(",")),
            "manager": draw.choice(names[:12]),
            "start_date": _day(draw, date(2004, 1, 1), 7800),
            "extension": str(2100 + number * 4),
        }
        for number, name in enumerate(names)
    ]


def _orders(draw: random.Random) -> list[dict[str, str]]:
    customers = "Alder Clinic,Bluefin Cafe,Corvus Press,Dune Hotel,Elm School,Fjord Tours,Garnet Bank,Heron Theatre"
    items = "printer paper,toner,headsets,office chairs,whiteboards,monitors,coffee beans,cleaning agent,first aid kits"
    return [
        {
            "order_id": f"PO-{20417 + 11 * number}",
            "customer": draw.choice(customers.split(",")),
            "item": draw.choice(items.split(",")),
            "quantity": str(draw.randrange(1, 90)),
            "amount_eur": f"{draw.randrange(1500, 480000) / 100:.2f}",
            "ordered_on": (date(2026, 1, 5) + timedelta(days=number)).isoformat(),
            "status": draw.choice("delivered,in transit,on hold,cancelled,returned".split(",")),
            "carrier": draw.choice("Swift Parcel,RoadRunner,Postal Service,own van".split(",")),
        }
        for number in range(300)
    ]


def _stations(draw: random.Random) -> list[dict[str, str]]:
    names = draw.sample([f"{place} {sort}" for place, sort in product(_PLACES.split(), _SORTS.split())], 72)
    return [
        {
            "station": name,
            "line": "Red,Amber,Violet,Silver,Copper,Teal".split(",")[number // 12],
            "zone": str(1 + abs(number % 12 - 6) // 2),
            "opened": str(draw.randrange(1896, 2021)),
            "platforms": str(draw.choice((1, 2, 2, 3, 4, 6))),
            "passengers_per_day": str(draw.randrange(900, 88000)),
            "step_free": draw.choice(("yes", "no", "partly")),
            "architect": draw.choice(_LAST.split()),
        }
        for number, name in enumerate(names)
    ]


def _sessions(draw: random.Random) -> list[dict[str, str]]:
    topics = "coral reefs,night trains,sourdough,earthquakes,quilting,satellites,chess endings,peat bogs,sign language"
    forms = "A beginner's guide to,The future of,Myths about,Fifty years of,Hands-on,The cost of,Teaching,Photographing"
    titles = [f"{form} {topic}" for form, topic in product(forms.split(","), topics.split(","))]
    draw.shuffle(titles)
    speakers = _names(draw, len(titles))
    return [
        {
            "session": f"S{number + 101}",
            "day": "Thursday,Friday,Saturday".split(",")[number // 24],
            "start": f"{9 + number % 24 // 3}:{15 * (number % 3):02}",
            "room": draw.choice("Aula,Blue Room,Cinema,Dome,Library,Orangery".split(",")),
            "title": title,
            "speaker": speaker,
            "seats": str(draw.randrange(20, 400)),
            "language": draw.choice("English,French,Polish,Italian".split(",")),
        }
        for number, (title, speaker) in enumerate(zip(titles, speakers, strict=True))
    ]


def _plants(draw: random.Random) -> list[dict[str, str]]:
    genera = "Salvia,Geranium,Iris,Aster,Allium,Campanula,Primula,Veronica,Achillea,Phlox,Sedum,Anemone"
    epithets = "montana,officinalis,alba,nemorosa,spicata,sylvestris,glauca,rotundifolia"
    names = [f"{genus} {epithet}" for genus, epithet in product(genera.split(","), epithets.split(","))]
    draw.shuffle(names)
    return [
        {
            "latin_name": name,
            "height_cm": str(draw.randrange(8, 180)),
            "flowers_from": draw.choice("March,April,May,June,July".split(",")),
            "flower_colour": draw.choice("violet,white,yellow,crimson,pale pink,sky blue,orange".split(",")),
            "light": draw.choice("full sun,half shade,shade".split(",")),
            "soil": draw.choice("sandy,loamy,chalky,boggy,stony,peaty".split(",")),
            "hardy_to_c": str(-draw.randrange(4, 35)),
            "price_eur": f"{draw.randrange(190, 1900) / 100:.2f}",
        }
        for name in names
    ]


TABLES: Final[Mapping[str, Callable[[random.Random], Sequence[Mapping[str, str]]]]] = {
    "products": _products,
    "employees": _employees,
    "orders": _orders,
    "stations": _stations,
    "sessions": _sessions,
    "plants": _plants,
}
