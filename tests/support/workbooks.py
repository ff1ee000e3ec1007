"""Makes workbooks (XLSX) from the XML of their sheets."""

from collections.abc import Sequence

from tests.support.documents import archive

_S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'


def cell(address: str, value: str | float, style: int = 0, *, formula: str | None = None) -> str:
    """A cell's XML."""
    source = "" if formula is None else f"<f>{formula}</f>"
    if isinstance(value, str):
        return f'<c r="{address}" s="{style}" t="str">{source}<v>{value}</v></c>'
    return f'<c r="{address}" s="{style}">{source}<v>{value}</v></c>'


def rows(*values: Sequence[str | float | None], first: int = 1) -> str:
    """Rows with their cells from column A on; None leaves a cell out, and an empty list leaves out a row."""
    return "".join(
        f'<row r="{number}">'
        + "".join(cell(f"{chr(65 + at)}{number}", value) for at, value in enumerate(row) if value is not None)
        + "</row>"
        for number, row in enumerate(values, start=first)
        if row
    )


def relations(*targets: tuple[str, str, str]) -> str:
    """Relationships by id, kind and target; an address is external."""
    found = ""
    for name, kind, target in targets:
        mode = ' TargetMode="External"' if "://" in target else ""
        found += f'<Relationship Id="{name}" Type="{_KIND}/{kind}" Target="{target}"{mode}/>'
    return f"<Relationships {_RELS}>{found}</Relationships>"


def workbook(
    body: str,
    *,
    codes: list[str] | None = None,
    before: str = "",
    after: str = "",
    state: str = "visible",
    properties: str = "",
    parts: dict[str, str | bytes] | None = None,
) -> bytes:
    """A workbook with one sheet, named Data. Style n has the nth of the codes (from 1). `before` and `after` stand
    around the rows; `parts` replace or add members."""
    forms = "".join(
        f'<numFmt numFmtId="{163 + number}" formatCode="{code}"/>' for number, code in enumerate(codes or (), start=1)
    )
    styles = "".join(f'<xf numFmtId="{number and 163 + number}"/>' for number in range(len(codes or ()) + 1))
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}"/>',
        "_rels/.rels": relations(("r", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{_S}" xmlns:r="{_KIND}">{properties}<sheets>'
        f'<sheet name="Data" sheetId="1" state="{state}" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(
            ("r1", "worksheet", "worksheets/sheet1.xml"),
            ("r2", "styles", "styles.xml"),
            ("r3", "sharedStrings", "sharedStrings.xml"),
        ),
        "xl/styles.xml": f'<styleSheet xmlns="{_S}"><numFmts>{forms}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_S}" xmlns:r="{_KIND}">{before}'
        f"<sheetData>{body}</sheetData>{after}</worksheet>",
    }
    return archive(members | (parts or {}))
