"""What handing over a file comes to, and what is asked of whoever takes bytes over the network."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel

from files_api_mcp.tools.principal import Principal

__all__ = ["Issued", "UploadedItem", "Uploads", "Wish"]


class UploadedItem(BaseModel):
    file_id: str
    filename: str
    mime_type: str
    size_bytes: int
    reused: bool
    askable: bool
    pages: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What is known of a file before its bytes come; None: nothing. What is known is held to, but for the name, which
    is taken where the bytes bring none."""

    filename: str | None = None
    mime_type: str | None = None
    size_bytes: int | None = None


class Issued(BaseModel):
    """A ticket: whoever knows its URL may hand over one file, until it expires."""

    id: str
    url: str
    expires_at: datetime


class Uploads(Protocol):
    """Who hands out tickets and takes the bytes."""

    def issue(self, owner: Principal, wish: Wish) -> Issued:
        """A new ticket. The file will be the owner's.

        Raises:
            Busy: Too many are out.
        """
        ...

    async def arrival(self, ticket_id: str, owner: Principal) -> UploadedItem | None:
        """Wait for the file; None when there is no such ticket of the owner's, or not any more."""
        ...
