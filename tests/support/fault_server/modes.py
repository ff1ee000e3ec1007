"""Which mode a base URL names: `NAME~WORD~WORD...`, the first segment of its path.

The words, in any order after those that are the mode's own:

- a number: how often the fault happens per file or request; in modes that begin with files, how many there are
- `always`: it happens each time
- `all`: it happens at all endpoints (modes that commit nothing)
- `wait=S`: the pause of slow modes
- `seed=N`: how many files there are from the start
- `skew=S`: how far the server's clock is ahead
- `date=no`: no reply carries a Date header

Another word only tells stores apart.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import timedelta

from tests.support.fault_server.api import behave
from tests.support.fault_server.catalog import Catalog, Mode
from tests.support.fault_server.exchange import Exchange
from tests.support.fault_server.listings import LISTINGS
from tests.support.fault_server.messages import MESSAGES
from tests.support.fault_server.refusals import REFUSALS
from tests.support.fault_server.state import ModeState
from tests.support.fault_server.uploads import UPLOADS

__all__ = ["MODES", "Chosen", "answer", "choose"]

MODES: Catalog = {**UPLOADS, **REFUSALS, **LISTINGS, **MESSAGES}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A mode and its words. `times` None: the fault happens each time."""

    name: str
    mode: Mode
    arguments: tuple[str, ...]
    options: dict[str, str]
    times: int | None
    seeds: int
    everywhere: bool

    def new_state(self) -> ModeState:
        """A store as the mode begins with."""
        skew = float(self.options.get("skew", "0"))
        state = ModeState(skew_s=skew, sends_date=self.name != "no_date" and self.options.get("date") != "no")
        state.seed(int(self.options.get("seed", self.seeds)))
        if self.name == "expired_known":
            for file in state.files.values():
                file.expires_at = state.now() - timedelta(hours=1)
        return state


def choose(segment: str) -> Chosen:
    """Read the first segment of a path.

    Raises:
        LookupError: It names no mode.
    """
    name, *words = segment.split("~")
    mode = MODES.get(name)
    if mode is None:
        raise LookupError(f"There is no mode {name}.")
    arguments, words = tuple(words[: mode.takes]), words[mode.takes :]
    options = dict(word.split("=", 1) for word in words if "=" in word)
    number = next((int(word) for word in words if word.isdecimal()), None)
    times, seeds = mode.times, mode.seeds or 0
    if number is not None and mode.seeds is None:
        times = number
    elif number is not None:
        seeds = number
    if "all" in words and name not in REFUSALS:
        raise LookupError(f"The mode {name} has one endpoint.")
    everywhere = mode.everywhere or "all" in words
    return Chosen(name, mode, arguments, options, None if "always" in words else times, seeds, everywhere)


async def answer(exchange: Exchange, chosen: Chosen) -> None:
    """Answer a request as the mode says, and rightly where it says nothing.

    Raises:
        BadRequest: The request is not what the API takes.
    """
    applies = chosen.everywhere or exchange.endpoint == chosen.mode.endpoint
    early = applies and chosen.mode.early
    if exchange.endpoint == "upload":
        exchange.state.posts += 1
    if not early:
        await exchange.read_body()
    elif chosen.times is not None and exchange.endpoint == "upload":
        await exchange.read_until_file()
    if applies and exchange.state.is_due(_key(exchange), chosen.times):
        await chosen.mode.handler(exchange)
    else:
        if early:
            await exchange.read_body()
        await behave(exchange)


def _key(exchange: Exchange) -> Hashable:
    """What makes two requests the same one, tried again."""
    if exchange.file is None:
        return exchange.request.method, exchange.path, repr(exchange.message)
    read_whole = exchange.parser is not None and exchange.parser.whole
    return exchange.file.filename, exchange.file.size if read_whole else exchange.request.length
