"""The types of files as people name them."""

__all__ = ["FILE_TYPES", "file_type"]

_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
_BY_MIME_TYPE = {
    "application/pdf": "pdf",
    f"{_OFFICE}wordprocessingml.document": "docx",
    f"{_OPEN_DOCUMENT}text": "docx",
    "application/rtf": "docx",
    "application/msword": "docx",
    f"{_OFFICE}spreadsheetml.sheet": "xlsx",
    "application/vnd.ms-excel": "xlsx",
    f"{_OPEN_DOCUMENT}spreadsheet": "xlsx",
    f"{_OFFICE}presentationml.presentation": "slides",
    "application/vnd.ms-powerpoint": "slides",
    f"{_OPEN_DOCUMENT}presentation": "slides",
    "text/csv": "csv",
    "text/tab-separated-values": "csv",
    "message/rfc822": "mail",
    "application/mbox": "mail",
    "text/html": "html",
    "application/json": "json",
    "application/epub+zip": "ebook",
    "application/x-ipynb+json": "notebook",
    "application/zip": "archive",
    "application/x-tar": "archive",
    "application/gzip": "archive",
    "application/x-7z-compressed": "archive",
    "application/vnd.rar": "archive",
}
_CODE = frozenset(
    (
        "bash bat c cc cfg clj cmake cpp cs css cxx dart ex exs fish fs go gradle h hh hpp hs java jl js jsx "
        "kt kts less lua m mjs ml mm php pl pm ps1 py pyi pyx r rb rs sass scala scss sh sql svelte swift tcl "
        "ts tsx v vb vue zig zsh "
    ).split()
)
FILE_TYPES = frozenset({*_BY_MIME_TYPE.values(), "image", "audio", "video", "text", "code", "other"})
"""All types that `file_type` returns."""


def file_type(mime_type: str, filename: str) -> str:
    """The type of a file by its MIME type; the name only tells source code from other text."""
    known = _BY_MIME_TYPE.get(mime_type)
    if known is not None:
        return known
    family = mime_type.partition("/")[0]
    if family in ("image", "audio", "video"):
        return family
    if family != "text" and mime_type != "application/xml":
        return "other"
    return "code" if filename.rpartition(".")[2].lower() in _CODE and "." in filename else "text"
