"""Form fields and notes of a PDF page, which PDFium leaves out of the page's text."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pypdfium2.raw  # pyright: ignore[reportMissingTypeStubs]  it ships none

from files_api_mcp.backends.documents.formats.pdf.strings import wide_string

__all__ = ["annotation_lines"]

pdfium: Any = pypdfium2.raw

_MOST = 5_000
_UNSEEN = pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW
# A link's text only describes it, and a pop-up repeats its note's.
_WITHOUT_TEXT = frozenset({pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP, pdfium.FPDF_ANNOT_WIDGET})
_CHECKED = frozenset({pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON})
_WRITTEN = frozenset({pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX})


def annotation_lines(page: Any, form: Any) -> list[str]:
    """`Name: value` for each filled-in form field, and the text of each note, once each; `form` may be None."""
    count = min(pdfium.FPDFPage_GetAnnotCount(page), _MOST)
    lines: dict[str, None] = {}
    for number in range(count):
        with _opened(page, number) as annotation:
            line = _line(annotation, form) if annotation else ""
            if line:
                lines[line] = None
    return list(lines)


@contextmanager
def _opened(page: Any, number: int) -> Generator[Any]:
    annotation = pdfium.FPDFPage_GetAnnot(page, number)
    try:
        yield annotation
    finally:
        if annotation:
            pdfium.FPDFPage_CloseAnnot(annotation)


def _line(annotation: Any, form: Any) -> str:
    kind = pdfium.FPDFAnnot_GetSubtype(annotation)
    if pdfium.FPDFAnnot_GetFlags(annotation) & _UNSEEN:
        return ""
    if kind == pdfium.FPDF_ANNOT_WIDGET:
        return _field(annotation, form) if form else ""
    if kind in _WITHOUT_TEXT:
        return ""
    return _string(lambda out, size: pdfium.FPDFAnnot_GetStringValue(annotation, b"Contents", out, size))


def _field(annotation: Any, form: Any) -> str:
    value = _value(annotation, form)
    if not value:
        return ""
    # The label that the form shows, if there is one; the name is often only for programs.
    name = _string(lambda out, size: pdfium.FPDFAnnot_GetFormFieldAlternateName(form, annotation, out, size))
    name = name or _string(lambda out, size: pdfium.FPDFAnnot_GetFormFieldName(form, annotation, out, size))
    return f"{name}: {value}" if name else value


def _value(annotation: Any, form: Any) -> str:
    kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind in _CHECKED:
        if not pdfium.FPDFAnnot_IsChecked(form, annotation):
            return ""
        return _string(lambda out, size: pdfium.FPDFAnnot_GetFormFieldExportValue(form, annotation, out, size))
    if kind not in _WRITTEN or (kind == pdfium.FPDF_FORMFIELD_TEXTFIELD and _is_secret(annotation, form)):
        return ""
    chosen = ", ".join(_chosen(annotation, form))
    return chosen or _string(lambda out, size: pdfium.FPDFAnnot_GetFormFieldValue(form, annotation, out, size))


def _is_secret(annotation: Any, form: Any) -> bool:
    return bool(pdfium.FPDFAnnot_GetFormFieldFlags(form, annotation) & pdfium.FPDF_FORMFLAG_TEXT_PASSWORD)


def _chosen(annotation: Any, form: Any) -> Iterator[str]:
    """The labels of the selected options."""
    for number in range(min(pdfium.FPDFAnnot_GetOptionCount(form, annotation), _MOST)):
        if pdfium.FPDFAnnot_IsOptionSelected(form, annotation, number):
            yield _option(annotation, form, number)


def _option(annotation: Any, form: Any, number: int) -> str:
    return _string(lambda out, size: pdfium.FPDFAnnot_GetOptionLabel(form, annotation, number, out, size))


def _string(ask: Callable[[Any, int], int]) -> str:
    """A string of PDFium without blank lines."""
    return "\n".join(line.strip() for line in wide_string(ask).replace("\r", "\n").splitlines() if line.strip())
