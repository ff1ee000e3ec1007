"""ContextBuilder: chooses how to show files to the model, whole if they fit, else as their best passages."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from files_api_mcp.backends.anthropic.answers.content_blocks import ContextFile
from files_api_mcp.backends.anthropic.api.files import ApiFile
from files_api_mcp.backends.anthropic.files.records import record_of
from files_api_mcp.backends.anthropic.ledger.details import UNKNOWN, FileDetails
from files_api_mcp.backends.anthropic.ledger.rows import Entry
from files_api_mcp.backends.anthropic.workspace import Workspace
from files_api_mcp.backends.documents.media_types import PDF, SHOWN_IMAGES, XLS, XLSX
from files_api_mcp.backends.errors import ContextWindowExceeded, FileExpired, FilesError, NotFound, UnsupportedType
from files_api_mcp.backends.file_filter import FileFilter
from files_api_mcp.backends.models import DocumentInfo, FileRecord, Passage, Progress
from files_api_mcp.backends.search.engine import SearchEngine
from files_api_mcp.backends.tokens import estimate_tokens
from files_api_mcp.backends.validation import MAX_QUESTION_CHARS

__all__ = ["Context", "ContextBuilder", "wants_computing"]

_PASSAGE_TOKENS = 20_000
_LIBRARY_TOKENS = 100_000
"""Up to this size, all stored files are shown whole if the question names none; above, passages cost far less."""
_MOST_WHOLE = 20
"""Files shown whole; more are shown by their best passages, where this machine has their bytes."""
_MOST_PAGES, _MOST_PAGES_SMALL = 600, 100
_MOST_INLINE_CHARS = 8_000_000
"""At most four bytes each, so the request stays below the API's limit of 32 MB."""
_PAGE_TOKENS = 1600
_IMAGE_TOKENS = 1600
_BYTES_PER_TOKEN = 3
_PDF_BYTES_PER_TOKEN = 40
_MOST_CHARS = 50_000_000
_SPARE = 0.9

_DATA_TYPES = frozenset({"text/csv", "text/tab-separated-values", "application/json", XLS, XLSX})
_DATA_ENDINGS = frozenset({".csv", ".tsv", ".json", ".jsonl", ".xlsx", ".xls", ".parquet"})
_COMPUTING = re.compile(
    r"\b(averages?|mean|median|sums?|totals?|counts?|how many|correlat\w+|deviation|variance|percentiles?|quantiles?"
    r"|trends?|plot|chart|graph|histogram|regress\w+|compute|calculate|aggregate|group(ed)? by|pivot|forecast"
    r"|maximum|minimum|highest|lowest|largest|smallest|rank|sort|outliers?|growth rate)\b",
    re.IGNORECASE,
)


def wants_computing(question: str) -> bool:
    """Whether a question asks for a calculation."""
    return _COMPUTING.search(question, 0, MAX_QUESTION_CHARS) is not None


class Context:
    """The files of a question, in order, and notes about them for the answer."""

    def __init__(self, files: list[ContextFile], notes: list[str]) -> None:
        self.files = files
        self.notes = notes

    @property
    def documents(self) -> list[ContextFile]:
        """The files that citations count, by document_index."""
        return [file for file in self.files if file.is_document]


class ContextBuilder:
    """Chooses how one question shows each file."""

    def __init__(self, workspace: Workspace, engine: SearchEngine, context_tokens: int, progress: Progress) -> None:
        self._workspace = workspace
        self._engine = engine
        self._room = int(context_tokens * _SPARE) - _PASSAGE_TOKENS
        self._pages = _MOST_PAGES if context_tokens >= 1_000_000 else _MOST_PAGES_SMALL
        self._progress = progress

    async def named(self, question: str, file_ids: Sequence[str], *, compute: bool) -> Context:
        """Choose how to show the named files.

        Raises:
            NotFound, FileExpired: One of the ids does not name a live file.
            UnsupportedType: The model can be shown none of them.
            ContextWindowExceeded: They are too long, and this machine has no text of them to choose passages from.
        """
        found = {file.id: file for file in await self._workspace.client.by_ids(list(file_ids))}
        for file_id in file_ids:
            if file_id not in found:
                raise await self._gone(file_id)
            if found[file_id].is_past:
                raise FileExpired(f"The content of {file_id} expired.")
        return await self.shown(question, [found[file_id] for file_id in file_ids], compute=compute)

    async def shown(
        self, question: str, live: Sequence[ApiFile], *, compute: bool, most_tokens: int | None = None
    ) -> Context:
        """Choose how to show these files; see `named`. The API is not called.

        Raises:
            UnsupportedType, ContextWindowExceeded: As in `named`.
        """
        files: list[ContextFile] = []
        notes: list[str] = []
        known = await self._workspace.ledger.catalog.details([file.id for file in live])
        for file in live:
            context_file = await self._context_file(file, known.get(file.id, UNKNOWN), compute=compute)
            if context_file is None:
                notes.append(f"{file.filename} cannot be shown to the model: its type is {file.mime_type}.")
            else:
                files.append(context_file)
        if not files:
            raise UnsupportedType(
                notes[0] if notes else "There is no file to ask about.", "Ask about a PDF, text, Office or image file."
            )
        return await self._fitting(question, files, notes, min(self._room, most_tokens or self._room))

    async def on_pages(
        self, question: str, file_ids: Sequence[str], within: FileFilter, pages: tuple[int, int]
    ) -> Context:
        """Show the best passages on these pages, of the named files or of all that match.

        Raises:
            NotFound: None of these pages has a word of the question, or is on this machine.
        """
        answer = await self._engine.ask(
            question, file_ids, within=within, pages=pages, max_tokens=_PASSAGE_TOKENS, progress=self._progress
        )
        found = _by_file(answer.passages)
        if not found:
            raise NotFound("No passage on these pages has a word of the question.", "Ask again without pages.")
        records = {record.id: record for record, _ in await self._workspace.originals.located([*found])}
        files = [_by_passages(records[file_id], passages) for file_id, passages in found.items() if file_id in records]
        return Context(files, [*answer.notes, "Answered from the best passages on these pages."])

    async def everything(self, question: str, within: FileFilter, *, compute: bool) -> Context:
        """Choose how to show all matching files uploaded from here: whole if they are few and short, else by their
        passages.

        Raises:
            NotFound: No such file was uploaded from here.
        """
        held = await self._workspace.originals.contents(within)
        if not held:
            raise NotFound("No such file was uploaded from this machine.", "Pass file_ids, or call upload_file.")
        if len(held) <= _MOST_WHOLE:
            ids = [record.id for record, _ in held]
            found = {file.id: file for file in await self._workspace.client.by_ids(ids) if not file.is_past}
            if found:
                live = [found[file_id] for file_id in ids if file_id in found]
                return await self.shown(question, live, compute=compute, most_tokens=_LIBRARY_TOKENS)
        answer = await self._engine.ask(
            question, (), within=within, max_tokens=_PASSAGE_TOKENS, progress=self._progress
        )
        records = {record.id: record for record, _ in held}
        files = [_by_passages(records[file_id], passages) for file_id, passages in _by_file(answer.passages).items()]
        if not files:
            raise NotFound(
                "No stored file contains a word of the question.", "Ask again with words from the documents."
            )
        return Context(files, [f"Answered from the best passages of {len(held)} uploaded files."])

    async def _context_file(self, file: ApiFile, details: FileDetails, *, compute: bool) -> ContextFile | None:
        entry = details.entry
        record = record_of(file, details)
        if compute and _is_data(record, entry):
            return ContextFile(record, "data", 0)
        if file.mime_type in SHOWN_IMAGES:
            return ContextFile(record, "image", _IMAGE_TOKENS)
        info = await self._info(file.id)
        if file.mime_type == PDF:
            pages = (info.pages if info else None) or 0
            tokens = info.chars // 4 + pages * _PAGE_TOKENS if info else file.size_bytes // _PDF_BYTES_PER_TOKEN
            return ContextFile(record, "pdf", tokens, pages, held=info is not None and info.askable)
        local_type = entry.content.local_type if entry else file.mime_type
        if info is not None and info.askable and (file.mime_type != "text/plain" or local_type == "text/html"):
            return await self._rendition(record, info)
        if file.mime_type != "text/plain":
            return None
        tokens = info.chars // 3 if info else file.size_bytes // _BYTES_PER_TOKEN
        return ContextFile(record, "text", tokens, held=info is not None and info.askable)

    async def _info(self, file_id: str) -> DocumentInfo | None:
        """Index the file's text; None if this machine has no original or the original has no text."""
        try:
            return await self._engine.document_info(file_id, self._progress)
        except (UnsupportedType, NotFound):
            return None

    async def _rendition(self, record: FileRecord, info: DocumentInfo) -> ContextFile:
        reading = await self._engine.read(record.id, max_chars=_MOST_CHARS)
        starts: list[int] = []
        text = ""
        for window in reading.windows:
            if info.pages is not None:
                starts.append(len(text))
            text += window.text if info.pages is None else f"{window.text}\n"
        return ContextFile(record, "rendition", estimate_tokens(text), text=text, page_starts=starts, held=True)

    async def _fitting(self, question: str, files: list[ContextFile], notes: list[str], room: int) -> Context:
        """Replace the longest files with their best passages until everything fits."""
        files, notes = await self._few_whole(question, files, notes)
        while True:
            whole = [file for file in files if file.kind in ("pdf", "text", "rendition")]
            tokens = sum(file.tokens for file in files)
            pages = sum(file.page_count for file in whole)
            inline = sum(len(file.text or "") for file in whole if file.kind == "rendition")
            if tokens <= room and pages <= self._pages and inline <= _MOST_INLINE_CHARS:
                return Context(files, notes)
            longest = max(
                (file for file in whole if file.held),
                key=lambda file: (pages > self._pages and file.page_count, file.tokens),
                default=None,
            )
            if longest is None:
                raise ContextWindowExceeded("The files are too long for the model's context window.")
            context = await self.shorter(question, Context(files, notes), [longest])
            files, notes = context.files, context.notes

    async def _few_whole(
        self, question: str, files: list[ContextFile], notes: list[str]
    ) -> tuple[list[ContextFile], list[str]]:
        """Show at most 20 files whole, and the best passages of the longest others."""
        whole = [file for file in files if file.kind in ("pdf", "text", "rendition")]
        longest = sorted((file for file in whole if file.held), key=lambda file: -file.tokens)
        searched = {file.record.id: file.record for file in longest[: max(0, len(whole) - _MOST_WHOLE)]}
        if not searched:
            return files, notes
        answer = await self._engine.ask(question, list(searched), max_tokens=_PASSAGE_TOKENS, progress=self._progress)
        found = _by_file(answer.passages)
        shown = [
            file if file.record.id not in searched else _by_passages(file.record, found[file.record.id])
            for file in files
            if file.record.id not in searched or file.record.id in found
        ]
        return shown, [*notes, f"Answered from the best passages of {len(searched)} of {len(files)} files."]

    async def shorter(self, question: str, context: Context, longer: Sequence[ContextFile]) -> Context:
        """The same files, some of them as their best passages; one that has none is left out while others remain.

        Raises:
            ContextWindowExceeded: No file remains.
        """
        files: list[ContextFile] = []
        notes = list(context.notes)
        failure: ContextWindowExceeded | None = None
        for file in context.files:
            if not any(file is one for one in longer):
                files.append(file)
                continue
            try:
                files.append(await self._by_passages(question, file))
                notes.append(f"{file.record.filename} is too long to read whole: answered from its best passages.")
            except ContextWindowExceeded as exc:
                failure = exc
                notes.append(f"{exc.sentence} It was left out.")
        if failure is not None and not files:
            raise failure
        return Context(files, notes)

    async def _by_passages(self, question: str, file: ContextFile) -> ContextFile:
        answer = await self._engine.ask(question, [file.record.id], max_tokens=_PASSAGE_TOKENS, progress=self._progress)
        if not answer.passages:
            raise ContextWindowExceeded(
                f"{file.record.filename} is too long for the context window, and no passage matches the question.",
                "Ask again with words from the document.",
            )
        return _by_passages(file.record, answer.passages)

    async def _gone(self, file_id: str) -> FilesError:
        name = await self._workspace.ledger.name_of_gone(file_id)
        if name is not None:
            return NotFound(f"{file_id} was deleted.")
        entry = await self._workspace.ledger.entry(file_id)
        if entry is None:
            return NotFound(f"No file has the id {file_id}.")
        return NotFound(
            f"{entry.content.filename} ({file_id}) is no longer stored: it was deleted elsewhere.",
            "Upload it again; it gets a new file_id.",
        )


def _by_file(passages: Sequence[Passage]) -> dict[str, list[Passage]]:
    by_file: dict[str, list[Passage]] = {}
    for passage in passages:
        by_file.setdefault(passage.file_id, []).append(passage)
    return by_file


def _by_passages(record: FileRecord, passages: Sequence[Passage]) -> ContextFile:
    # In document order, which reads better than the order of scores.
    ordered = sorted(passages, key=lambda one: (one.page or 0, one.start_char))
    tokens = sum(estimate_tokens(one.text) for one in ordered)
    return ContextFile(record, "passages", tokens, passages=[replace(one, score=1.0) for one in ordered], held=True)


def _is_data(record: FileRecord, entry: Entry | None) -> bool:
    kinds = {record.mime_type, entry.content.local_type if entry else ""}
    return bool(kinds & _DATA_TYPES) or PurePosixPath(record.filename).suffix.lower() in _DATA_ENDINGS
