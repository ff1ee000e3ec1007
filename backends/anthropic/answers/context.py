"""ContextBuilder: chooses how to show files to the model, whole if they fit, else as their best passages."""

from collections.abc import Sequence

from files_api_mcp.backends.anthropic.answers.computing import is_data
from files_api_mcp.backends.anthropic.answers.content_blocks import ContextFile
from files_api_mcp.backends.anthropic.answers.excerpts import by_file, of_pages, of_passages
from files_api_mcp.backends.anthropic.api.files import ApiFile
from files_api_mcp.backends.anthropic.files.records import facts_of, record_of
from files_api_mcp.backends.anthropic.ledger.details import UNKNOWN, FileDetails
from files_api_mcp.backends.anthropic.workspace import Workspace
from files_api_mcp.backends.documents.media_types import PDF, SHOWN_IMAGES
from files_api_mcp.backends.errors import ContextWindowExceeded, FileExpired, FilesError, NotFound, UnsupportedType
from files_api_mcp.backends.file_filter import FileFilter
from files_api_mcp.backends.models import DocumentInfo, FileRecord, Progress
from files_api_mcp.backends.search.engine import SearchEngine
from files_api_mcp.backends.tokens import estimate_tokens

__all__ = ["Context", "ContextBuilder"]

_PASSAGE_TOKENS = 20_000
_NONE_MATCH = "None of the named files match within."
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
_MOST_PAGE_CHARS = 5 * _PASSAGE_TOKENS
_SPARE = 0.9


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

    async def named(
        self, question: str, file_ids: Sequence[str], within: FileFilter | None = None, *, compute: bool
    ) -> Context:
        """Choose how to show the named files, or those of them that match. If none match, there is only a note.

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
        live = [found[file_id] for file_id in file_ids]
        if within is None:
            return await self.shown(question, live, compute=compute)
        known = await self._workspace.ledger.catalog.details(file_ids)
        matching = [file for file in live if within.matches(facts_of(file, known.get(file.id, UNKNOWN)))]
        if not matching:
            return Context([], [_NONE_MATCH])
        context = await self.shown(question, matching, compute=compute)
        context.notes += _left_out(len(live) - len(matching))
        return context

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
        self, question: str, file_ids: Sequence[str], within: FileFilter | None, pages: tuple[int, int]
    ) -> Context:
        """Show the text of these pages, or the best passages on them if it is long or no file is named, or only notes.

        Raises:
            NotFound, FileExpired: One of the ids does not name a live file.
        """
        ids = await self._workspace.originals.matching(file_ids, within) if file_ids and within else file_ids
        if file_ids and not ids:
            return Context([], [_NONE_MATCH])
        notes = _left_out(len(file_ids) - len(ids))
        if files := await self._pages_of(ids, pages):
            return Context(files, notes)
        answer = await self._engine.ask(
            question, ids, within=within, pages=pages, max_tokens=_PASSAGE_TOKENS, progress=self._progress
        )
        found = by_file(answer.passages)
        records = {record.id: record for record, _ in await self._workspace.originals.located([*found])}
        files = [of_passages(records[file_id], passages) for file_id, passages in found.items() if file_id in records]
        if files:
            notes.append("Answered from the best passages on these pages.")
        return Context(files, [*answer.notes, *notes])

    async def _pages_of(self, file_ids: Sequence[str], pages: tuple[int, int]) -> list[ContextFile]:
        """The files by the whole text of these pages; none if one has no such pages, or if the text is long."""
        files: list[ContextFile] = []
        for file_id in file_ids:
            info = await self._info(file_id)
            if info is None or not info.askable or info.pages is None or info.pages < pages[0]:
                return []
            record, _ = await self._workspace.originals.blob_path(file_id)
            span = pages[0], min(pages[1], info.pages)
            reading = await self._engine.read(file_id, pages=span, max_chars=_MOST_PAGE_CHARS)
            shown = of_pages(record, reading.windows, span)
            is_cut = sum(len(window.text) for window in reading.windows) >= _MOST_PAGE_CHARS
            if shown is None or is_cut:
                return []
            files.append(shown)
        return files if sum(file.tokens for file in files) <= _PASSAGE_TOKENS else []

    async def everything(self, question: str, within: FileFilter, *, compute: bool) -> Context:
        """Choose how to show all files from here that match: whole if they are few and short, else by their passages.

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
        files = [of_passages(records[file_id], passages) for file_id, passages in by_file(answer.passages).items()]
        if not files:
            raise NotFound(
                "No stored file contains a word of the question.", "Ask again with words from the documents."
            )
        return Context(files, [f"Answered from the best passages of {len(held)} uploaded files."])

    async def _context_file(self, file: ApiFile, details: FileDetails, *, compute: bool) -> ContextFile | None:
        entry = details.entry
        record = record_of(file, details)
        if compute and is_data(record, entry):
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
        found = by_file(answer.passages)
        shown = [
            file if file.record.id not in searched else of_passages(file.record, found[file.record.id])
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
        return of_passages(file.record, answer.passages)

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


def _left_out(count: int) -> list[str]:
    return [f"{count} of the named files {'does' if count == 1 else 'do'} not match within."] if count else []
