"""Message Batches (/v1/messages/batches): answered in the background, results kept on disk."""

import json
import re
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from anyio import to_thread
from anyio.abc import TaskGroup
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from files_api_mcp.backends.errors import FilesError
from files_api_mcp.backends.storage.folders import make_private, write_private
from files_api_mcp.server.emulator.message_request import BATCH_BYTES, json_body, messages_request
from files_api_mcp.server.emulator.messages import MessageWriter
from files_api_mcp.server.emulator.responses import ApiError, api_response, new_id
from files_api_mcp.server.emulator.workspaces import Workspace

__all__ = ["BatchesApi"]

_ID = re.compile(r"msgbatch_[A-Za-z0-9]{1,60}")
_CUSTOM_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_REQUESTS = 100_000
_COUNTS = ("processing", "succeeded", "errored", "canceled", "expired")

Batch = dict[str, Any]


class BatchesApi:
    """Handles /v1/messages/batches. A batch interrupted by a crash restarts when a client next retrieves it."""

    def __init__(self, data_dir: Path, writer: MessageWriter, owner: TaskGroup) -> None:
        self._data_dir = data_dir
        self._writer = writer
        self._owner = owner
        self._running: set[str] = set()
        self._canceled: set[str] = set()

    async def create(self, request: Request, workspace: Workspace) -> Response:
        """POST /v1/messages/batches."""
        body = await json_body(request, BATCH_BYTES)
        version = request.headers["anthropic-version"]
        requests = [{**one, "version": version} for one in _requests(body)]
        created = datetime.now(UTC)
        batch: Batch = {
            "id": new_id("msgbatch"),
            "type": "message_batch",
            "processing_status": "in_progress",
            "request_counts": {name: len(requests) if name == "processing" else 0 for name in _COUNTS},
            "created_at": _timestamp(created),
            "expires_at": _timestamp(created + timedelta(days=1)),
            "ended_at": None,
            "cancel_initiated_at": None,
            "archived_at": None,
            "results_url": None,
        }
        folder = self._folder(workspace)
        await to_thread.run_sync(_write, folder / f"{batch['id']}.requests", json.dumps(requests))
        await to_thread.run_sync(_write, folder / f"{batch['id']}.json", json.dumps(batch))
        self._start(batch["id"], workspace)
        return api_response(batch)

    async def list(self, request: Request, workspace: Workspace) -> Response:
        """GET /v1/messages/batches: newest first, with cursors of the older list endpoints."""
        limit = request.query_params.get("limit", "20")
        if not limit.isdigit() or not 1 <= int(limit) <= 1000:
            raise ApiError(400, "limit: Must be an integer between 1 and 1000")
        batches = await to_thread.run_sync(_all, self._folder(workspace))
        batches.sort(key=lambda batch: (batch["created_at"], batch["id"]), reverse=True)
        ids = [batch["id"] for batch in batches]
        after = request.query_params.get("after_id")
        if after in ids:
            batches = batches[ids.index(after) + 1 :]
        shown = [_with_results_url(batch, request) for batch in batches[: int(limit)]]
        return api_response(
            {
                "data": shown,
                "has_more": len(batches) > len(shown),
                "first_id": shown[0]["id"] if shown else None,
                "last_id": shown[-1]["id"] if shown else None,
            }
        )

    async def retrieve(self, request: Request, workspace: Workspace) -> Response:
        """GET /v1/messages/batches/{id}."""
        batch = await self._batch(request, workspace)
        if batch["processing_status"] != "ended":
            self._start(batch["id"], workspace)
        return api_response(_with_results_url(batch, request))

    async def results(self, request: Request, workspace: Workspace) -> Response:
        """GET /v1/messages/batches/{id}/results: JSON lines."""
        batch = await self._batch(request, workspace)
        if batch["processing_status"] != "ended":
            raise ApiError(400, "The batch has not ended yet.")
        path = self._folder(workspace) / f"{batch['id']}.results"
        return StreamingResponse(_lines(path), media_type="application/x-jsonl")

    async def cancel(self, request: Request, workspace: Workspace) -> Response:
        """POST /v1/messages/batches/{id}/cancel."""
        batch = await self._batch(request, workspace)
        if batch["processing_status"] == "in_progress":
            batch["processing_status"], batch["cancel_initiated_at"] = "canceling", _timestamp(datetime.now(UTC))
            await to_thread.run_sync(_write, self._folder(workspace) / f"{batch['id']}.json", json.dumps(batch))
            self._canceled.add(batch["id"])
            self._start(batch["id"], workspace)
        return api_response(_with_results_url(batch, request))

    async def delete(self, request: Request, workspace: Workspace) -> Response:
        """DELETE /v1/messages/batches/{id}, once it has ended."""
        batch = await self._batch(request, workspace)
        if batch["processing_status"] != "ended":
            raise ApiError(400, "The batch can only be deleted after it has ended.")
        await to_thread.run_sync(_remove, self._folder(workspace), batch["id"])
        return api_response({"id": batch["id"], "type": "message_batch_deleted"})

    def _start(self, batch_id: str, workspace: Workspace) -> None:
        if batch_id not in self._running:
            self._running.add(batch_id)
            self._owner.start_soon(self._run, batch_id, workspace)

    async def _run(self, batch_id: str, workspace: Workspace) -> None:
        folder = self._folder(workspace)
        try:
            text = await to_thread.run_sync((folder / f"{batch_id}.requests").read_text)
            counts: dict[str, int] = dict.fromkeys(_COUNTS, 0)
            lines: list[str] = []
            for one in json.loads(text):
                result = {"type": "canceled"} if batch_id in self._canceled else await self._result(one, workspace)
                counts[result["type"]] += 1
                lines.append(json.dumps({"custom_id": one["custom_id"], "result": result}))
            await to_thread.run_sync(_write, folder / f"{batch_id}.results", "".join(f"{line}\n" for line in lines))
            batch = await to_thread.run_sync(_load, folder / f"{batch_id}.json")
            batch["processing_status"], batch["request_counts"] = "ended", counts
            batch["ended_at"] = _timestamp(datetime.now(UTC))
            await to_thread.run_sync(_write, folder / f"{batch_id}.json", json.dumps(batch))
        except OSError:
            # The folder is gone or the disk is full. The next request for the batch restarts it.
            return
        finally:
            self._running.discard(batch_id)

    async def _result(self, one: Batch, workspace: Workspace) -> Batch:
        try:
            message = await self._writer.create(messages_request(one["params"], one["version"]), workspace)
        except ApiError as exc:
            return {"type": "errored", "error": exc.body(new_id("req"))}
        except FilesError as exc:
            return {"type": "errored", "error": ApiError(500, exc.sentence).body(new_id("req"))}
        return {"type": "succeeded", "message": message}

    async def _batch(self, request: Request, workspace: Workspace) -> Batch:
        batch_id = request.path_params["batch_id"]
        if _ID.fullmatch(batch_id):
            try:
                return await to_thread.run_sync(_load, self._folder(workspace) / f"{batch_id}.json")
            except FileNotFoundError:
                pass
        raise ApiError(404, f"Batch `{batch_id[:100]}` not found.")

    def _folder(self, workspace: Workspace) -> Path:
        return self._data_dir / "workspaces" / workspace.id.removeprefix("wrkspc_") / "batches"


def _requests(body: dict[str, Any]) -> "list[Batch]":
    requests: Any = body.get("requests")
    if not isinstance(requests, list) or not requests:
        raise ApiError(400, "requests: at least one request is required")
    found = cast("list[object]", requests)
    if len(found) > _MAX_REQUESTS:
        raise ApiError(400, f"requests: at most {_MAX_REQUESTS} requests are allowed")
    seen: set[str] = set()
    for index, one in enumerate(found):
        fields = cast(Batch, one) if isinstance(one, dict) else {}
        name, params = fields.get("custom_id"), fields.get("params")
        if not isinstance(name, str) or not _CUSTOM_ID.fullmatch(name):
            raise ApiError(400, f"requests.{index}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{{1,64}}$'")
        if name in seen:
            raise ApiError(400, f"requests.{index}.custom_id: must be unique within the batch")
        if not isinstance(params, dict):
            raise ApiError(400, f"requests.{index}.params: Field required")
        seen.add(name)
    return cast("list[Batch]", found)


def _with_results_url(batch: Batch, request: Request) -> Batch:
    if batch["processing_status"] != "ended":
        return batch
    return {**batch, "results_url": f"{request.base_url}v1/messages/batches/{batch['id']}/results"}


def _all(folder: Path) -> "list[Batch]":
    return [_load(path) for path in folder.glob("msgbatch_*.json")] if folder.is_dir() else []


def _load(path: Path) -> Batch:
    return json.loads(path.read_text(encoding="utf-8"))


def _write(path: Path, text: str) -> None:
    make_private(path.parent)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    write_private(part, text.encode())
    part.replace(path)


def _remove(folder: Path, batch_id: str) -> None:
    for ending in ("json", "requests", "results"):
        (folder / f"{batch_id}.{ending}").unlink(missing_ok=True)


async def _lines(path: Path) -> AsyncIterator[bytes]:
    file = await to_thread.run_sync(path.open, "rb")
    try:
        while block := await to_thread.run_sync(file.read, 1024 * 1024):
            yield block
    finally:
        file.close()


def _timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
