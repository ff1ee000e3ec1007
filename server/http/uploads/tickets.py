"""Upload tickets: each lets whoever knows it hand over one file, once, and nothing else."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import anyio

from files_api_mcp.backends.errors import Busy
from files_api_mcp.tools.principal import Principal
from files_api_mcp.tools.upload_tickets import UploadedItem, UploadExpectation, UploadTicket

__all__ = ["UPLOADS", "Ticket", "Tickets"]

UPLOADS = "/upload/"
"""Where tickets are used; a ticket's secret follows."""

_LIFETIME_S = 15 * 60
_MOST_EACH = 1000
"""Of one principal, so that none can use up what all have."""
_MOST = 10 * _MOST_EACH
_MOST_TAKEN = 100
"""Of one principal at once: whoever uses a ticket holds a connection for as long as the file takes."""
_SECRET_BYTES = 32


@dataclass(slots=True)
class Ticket:
    """A ticket, without its secret. `item` is the file that came."""

    id: str
    owner: Principal
    expected: UploadExpectation
    ends: float
    taken: bool = False
    item: UploadedItem | None = None
    came: anyio.Event = field(default_factory=anyio.Event)


class Tickets:
    """The tickets that are out. Only digests are kept: who reads this memory can use none of them.

    All of it runs in the event loop, and between looking at a ticket and taking it nothing is awaited: of several
    that use a ticket at once, one does.
    """

    def __init__(self, base_url: str, *, now: Callable[[], float] = time.monotonic) -> None:
        self._base_url = base_url
        self._now = now
        self._tickets: dict[bytes, Ticket] = {}

    def issue(self, owner: Principal, expected: UploadExpectation) -> UploadTicket:
        """See UploadTickets."""
        self._forget_ended()
        of_owner = sum(ticket.owner == owner for ticket in self._tickets.values())
        if of_owner >= _MOST_EACH or len(self._tickets) >= _MOST:
            raise Busy("Too many uploads are being waited for.", "Use the links that were given out, or wait.")
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        digest = _digest(secret)
        self._tickets[digest] = Ticket(digest.hex(), owner, expected, self._now() + _LIFETIME_S)
        expires_at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=_LIFETIME_S)
        return UploadTicket(id=digest.hex(), url=f"{self._base_url}{UPLOADS}{secret}", expires_at=expires_at)

    async def arrival(self, ticket_id: str, owner: Principal) -> UploadedItem | None:
        """See UploadTickets."""
        for ticket in self._tickets.values():
            if ticket.id == ticket_id and ticket.owner == owner:
                with anyio.move_on_after(max(0.0, ticket.ends - self._now())):
                    await ticket.came.wait()
                return ticket.item
        return None

    def usable(self, secret: str) -> Ticket | None:
        """The ticket that can be used with this secret now; None, whyever there is none."""
        digest = _digest(secret)
        ticket = self._tickets.get(digest)
        if ticket is None or not hmac.compare_digest(bytes.fromhex(ticket.id), digest):
            return None
        return None if ticket.taken or self._now() >= ticket.ends else ticket

    @contextmanager
    def taken(self, secret: str) -> Generator[Ticket | None]:
        """Take a ticket for the length of the block. It is used up when a file came of it, and else can be used again
        until it ends: connections break, and people choose wrong files.

        Raises:
            Busy: Too many of its owner's are in use.
        """
        ticket = self.usable(secret)
        if ticket is None:
            yield None
            return
        in_use = (other for other in self._tickets.values() if other.taken and other.item is None)
        if sum(other.owner == ticket.owner for other in in_use) >= _MOST_TAKEN:
            raise Busy("Too many files are being handed over at once.", "Try again when some of them have come.")
        ticket.taken = True
        try:
            yield ticket
        finally:
            ticket.taken = ticket.item is not None
            if ticket.taken:
                ticket.came.set()

    def _forget_ended(self) -> None:
        now = self._now()
        # Those in use are told of by whoever uses them.
        self._tickets = {
            digest: ticket
            for digest, ticket in self._tickets.items()
            if now < ticket.ends or (ticket.taken and ticket.item is None)
        }


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
