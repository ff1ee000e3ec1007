"""TicketStore: one-time upload tickets. Each allows the upload of one file and nothing else."""

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
from files_api_mcp.tools.uploads.tickets import TICKET_LIFETIME_S, UploadedItem, UploadExpectation, UploadTicket

__all__ = ["UPLOAD_PATH", "Ticket", "TicketStore"]

UPLOAD_PATH = "/upload/"
"""Prefix of an upload URL; the ticket's secret follows."""

_MAX_PER_OWNER = 1000
"""Open tickets of one principal, so that no principal can use up the total."""
_MAX_TICKETS = 10 * _MAX_PER_OWNER
_MAX_UPLOADS = 100
"""Simultaneous uploads of one principal. Each holds a connection until its file has arrived."""
_SECRET_BYTES = 32


@dataclass(slots=True)
class Ticket:
    """A ticket without its secret. `expires` is in the store's clock; `item` is the uploaded file."""

    id: str
    owner: Principal
    expected: UploadExpectation
    expires: float
    claimed: bool = False
    item: UploadedItem | None = None
    used: anyio.Event = field(default_factory=anyio.Event)


class TicketStore:
    """The open tickets. It keeps only digests, so that its memory reveals no usable secret.

    All code runs in the event loop, and nothing awaits between finding a ticket and claiming it. Of several requests
    with the same ticket, only one gets it.
    """

    def __init__(self, base_url: str, *, now: Callable[[], float] = time.monotonic) -> None:
        self._base_url = base_url
        self._now = now
        self._tickets: dict[bytes, Ticket] = {}

    def issue(self, owner: Principal, expected: UploadExpectation) -> UploadTicket:
        """See UploadTickets."""
        self._remove_expired()
        of_owner = sum(ticket.owner == owner for ticket in self._tickets.values())
        if of_owner >= _MAX_PER_OWNER or len(self._tickets) >= _MAX_TICKETS:
            raise Busy("Too many upload links are open.", "Use the links you have, or wait until they expire.")
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        digest = _digest(secret)
        self._tickets[digest] = Ticket(digest.hex(), owner, expected, self._now() + TICKET_LIFETIME_S)
        expires_at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=TICKET_LIFETIME_S)
        return UploadTicket(id=digest.hex(), url=f"{self._base_url}{UPLOAD_PATH}{secret}", expires_at=expires_at)

    async def arrival(self, ticket_id: str, owner: Principal) -> UploadedItem | None:
        """See UploadTickets."""
        for ticket in self._tickets.values():
            if ticket.id == ticket_id and ticket.owner == owner:
                with anyio.move_on_after(max(0.0, ticket.expires - self._now())):
                    await ticket.used.wait()
                return ticket.item
        return None

    def find(self, secret: str) -> Ticket | None:
        """The ticket for this secret; None if it is unknown, claimed, used or expired."""
        digest = _digest(secret)
        ticket = self._tickets.get(digest)
        if ticket is None or not hmac.compare_digest(bytes.fromhex(ticket.id), digest):
            return None
        return None if ticket.claimed or self._now() >= ticket.expires else ticket

    @contextmanager
    def claim(self, secret: str) -> Generator[Ticket | None]:
        """Claims a ticket for the length of the block.

        A ticket is used up once its `item` is set. If not, it can be claimed again until it expires: connections break,
        and people choose wrong files.

        Raises:
            Busy: The owner has too many simultaneous uploads.
        """
        ticket = self.find(secret)
        if ticket is None:
            yield None
            return
        uploading = (other for other in self._tickets.values() if other.claimed and other.item is None)
        if sum(other.owner == ticket.owner for other in uploading) >= _MAX_UPLOADS:
            raise Busy("Too many uploads are running.", "Try again when some of them have finished.")
        ticket.claimed = True
        try:
            yield ticket
        finally:
            ticket.claimed = ticket.item is not None
            if ticket.claimed:
                ticket.used.set()

    def _remove_expired(self) -> None:
        now = self._now()
        # A ticket whose upload is running stays: `arrival` may still wait for it.
        self._tickets = {
            digest: ticket
            for digest, ticket in self._tickets.items()
            if now < ticket.expires or (ticket.claimed and ticket.item is None)
        }


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
