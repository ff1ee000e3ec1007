"""LostUploads: finds, in the server's list, the file of an upload whose reply was lost."""

from datetime import datetime

import anyio

from files_api_mcp.backends.anthropic.api.files import ApiFile, FilesClient
from files_api_mcp.backends.anthropic.ledger.ledger import Ledger
from files_api_mcp.backends.anthropic.ledger.rows import Intent
from files_api_mcp.backends.anthropic.ledger.upload_match import fits, since_start
from files_api_mcp.backends.errors import FilesError, OutcomeUnknown

__all__ = ["LostUploads", "unknown"]

_RECENT_LIMIT = 100


class LostUploads:
    """Compares the list with the ledger. `slack_s` is how far the server's clocks may differ."""

    def __init__(self, client: FilesClient, ledger: Ledger, slack_s: float) -> None:
        self._client = client
        self._ledger = ledger
        self._slack_s = slack_s

    async def candidates(self, intent: Intent, age_s: float, deadline: float) -> list[ApiFile]:
        """Files in the server's list that look like that of this upload, and that are no other's.

        Raises:
            OutcomeUnknown: The list could not be read before `deadline`.
        """
        candidates: dict[str, ApiFile] = {}
        try:
            with anyio.fail_after(max(0.0, deadline - anyio.current_time())):
                since: datetime | None = None
                async for page in self._client.pages(limit=_RECENT_LIMIT):
                    since = since or since_start(page.at, age_s, self._slack_s)
                    fitting = {file.id: file for file in page.files if fits(file, intent, since)}
                    known = await self._ledger.known(fitting, intent.content)
                    candidates |= {file_id: file for file_id, file in fitting.items() if file_id not in known}
                    if page.files and page.files[-1].created_at < since:
                        break
        except (FilesError, TimeoutError) as exc:
            raise unknown(intent) from exc
        return list(candidates.values())

    async def own(self, intent: Intent, candidates: list[ApiFile]) -> ApiFile | None:
        """The only candidate, if it can only come from this upload."""
        try:
            is_own = len(candidates) == 1 and await self._ledger.may_adopt(intent)
        except FilesError as exc:
            raise unknown(intent) from exc
        return candidates[0] if is_own else None

    async def doubt(self, intent: Intent) -> None:
        """Record that the file of an intent may appear later."""
        try:
            await self._ledger.doubt(intent)
        except FilesError as exc:
            raise unknown(intent) from exc


def unknown(intent: Intent) -> OutcomeUnknown:
    """The error for an upload of which nobody can say whether it created a file."""
    return OutcomeUnknown(f"{intent.content.filename} was sent, but it is not known whether the API stored it.")
