"""Upload tickets, and the result of an upload."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel

from files_api_mcp.tools.principal import Principal

__all__ = ["TICKET_LIFETIME_S", "UploadExpectation", "UploadTicket", "UploadTickets", "UploadedItem"]

TICKET_LIFETIME_S = 15 * 60


class UploadedItem(BaseModel):
    file_id: str
    filename: str
    mime_type: str
    size_bytes: int
    reused: bool
    replaces: str | None = None
    askable: bool
    state: str
    pages: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class UploadExpectation:
    """The announced properties of an upload; None if not announced. The upload must have this type and size. `filename`
    is used only if the upload has no name."""

    filename: str | None = None
    mime_type: str | None = None
    size_bytes: int | None = None


class UploadTicket(BaseModel):
    """A one-time upload link: anyone who knows the URL may upload one file until it expires."""

    id: str
    url: str
    expires_at: datetime


class UploadTickets(Protocol):
    """Issues upload tickets and waits for their files."""

    def issue(self, owner: Principal, expected: UploadExpectation) -> UploadTicket:
        """Issues a ticket. The uploaded file will belong to `owner`.

        Raises:
            Busy: Too many tickets are open.
        """
        ...

    async def arrival(self, ticket_id: str, owner: Principal) -> UploadedItem | None:
        """Waits for the file; None if `owner` has no such ticket, or it expired."""
        ...
