"""Workspace: the client, ledger and files of one Anthropic workspace, opened together."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from anyio import to_thread

from files_api_mcp.backends.anthropic.api.files import FilesClient
from files_api_mcp.backends.anthropic.api.http_client import HttpClient, open_http_client
from files_api_mcp.backends.anthropic.api.rate_limit import RateLimiter
from files_api_mcp.backends.anthropic.api.retry import RetryingSender
from files_api_mcp.backends.anthropic.endpoint import Dialect, Endpoint
from files_api_mcp.backends.anthropic.files.files import AnthropicFiles
from files_api_mcp.backends.anthropic.files.originals import Originals
from files_api_mcp.backends.anthropic.files.owned_files import OwnedFilesClient
from files_api_mcp.backends.anthropic.files.upload import Timing, Uploader
from files_api_mcp.backends.anthropic.files.upload_encoding import UploadEncoder
from files_api_mcp.backends.anthropic.ledger.ledger import Ledger, open_ledger
from files_api_mcp.backends.staging.spool import Spool
from files_api_mcp.backends.storage.blob_cache import BlobCache
from files_api_mcp.backends.storage.folders import make_private
from files_api_mcp.backends.storage.locks import NamedLocks
from files_api_mcp.backends.storage.shared_lane import open_shared_lane

__all__ = ["Workspace", "open_workspace", "principal_folder"]


@dataclass(frozen=True, slots=True)
class Workspace:
    """The files of a workspace, and the connection and ledger that they use."""

    files: AnthropicFiles
    originals: Originals
    http: HttpClient
    ledger: Ledger
    client: FilesClient


@asynccontextmanager
async def open_workspace(
    endpoint: Endpoint,
    data_dir: Path,
    spool: Spool,
    *,
    dialect: Dialect = "auto",
    rate_limit: int,
    timing: Timing | None = None,
    principal: str = "",
) -> AsyncGenerator[Workspace]:
    """Open the connection pool and the ledger. Nothing is sent.

    `rate_limit` is in requests per minute, for all processes on the data folder together. A `principal` (of characters
    that a folder name may have) sees only files that came from them.

    Raises:
        StoreDamaged, StoreBusy, StorageFull, PermissionDenied: The data folder cannot be used.
    """
    own = data_dir / "anthropic"
    home = principal_folder(data_dir, principal)
    await to_thread.run_sync(make_private, data_dir, own, home.parent, home)
    timing = timing or Timing()
    path = data_dir / "ledger.db"
    async with (
        open_shared_lane("uploads") as lane,
        open_http_client(endpoint) as http,
        open_ledger(path, endpoint.fingerprint, principal, doubt_s=timing.doubt_s) as ledger,
    ):
        sender = RetryingSender(http, RateLimiter(own / f"pace-{endpoint.fingerprint}", rate_limit, lane=lane))
        everything = FilesClient(sender, dialect, call_s=timing.call_s)
        client = OwnedFilesClient(sender, ledger, dialect, call_s=timing.call_s) if principal else everything
        copies = BlobCache(home / "copies")
        # The uploader needs the whole list: after a lost reply, the new file has no owner yet.
        uploader = Uploader(everything, ledger, timing)
        locks, encoder = NamedLocks(own / "turns", lane), UploadEncoder(spool, lane)
        files = AnthropicFiles(client, ledger, uploader, locks, copies, encoder)
        yield Workspace(files, Originals(files, ledger, copies, spool), http, ledger, client)


def principal_folder(data_dir: Path, principal: str) -> Path:
    """The folder of a principal's originals and indexes; without a principal, the shared one."""
    own = data_dir / "anthropic"
    return own / "principals" / principal if principal else own
