"""Builds Office Open XML packages part by part, as other programs than the usual libraries write them."""

from tests.support.documents import archive

_ROOT = "http://schemas.openxmlformats.org"
_KIND = f"{_ROOT}/officeDocument/2006/relationships"
NAMES = (
    f'xmlns:w="{_ROOT}/wordprocessingml/2006/main" xmlns:r="{_KIND}" xmlns:m="{_ROOT}/officeDocument/2006/math"'
    f' xmlns:a="{_ROOT}/drawingml/2006/main" xmlns:c="{_ROOT}/drawingml/2006/chart"'
    f' xmlns:dgm="{_ROOT}/drawingml/2006/diagram" xmlns:p="{_ROOT}/presentationml/2006/main"'
    f' xmlns:wp="{_ROOT}/drawingml/2006/wordprocessingDrawing" xmlns:mc="{_ROOT}/markup-compatibility/2006"'
    ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
    ' xmlns:v="urn:schemas-microsoft-com:vml" xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main"'
)
_EXTERNAL = ' TargetMode="External"'
Relations = dict[str, tuple[str, str]]
"""Kind and target by id. A target with a colon is external."""


def relations(found: Relations) -> str:
    items = "".join(
        f'<Relationship Id="{key}" Type="{_KIND}/{kind}" Target="{target}"{_EXTERNAL if ":" in target else ""}/>'
        for key, (kind, target) in found.items()
    )
    return f'<Relationships xmlns="{_ROOT}/package/2006/relationships">{items}</Relationships>'


def word(
    body: str, parts: dict[str, str | bytes] | None = None, related: Relations | None = None, main: str = "document.xml"
) -> bytes:
    """A Word document of this body; `parts` by their names below word/."""
    members: dict[str, str | bytes] = {
        "_rels/.rels": relations({"r": ("officeDocument", f"word/{main}")}),
        f"word/_rels/{main}.rels": relations(related or {}),
        f"word/{main}": f"<w:document {NAMES}><w:body>{body}</w:body></w:document>",
    }
    return archive(members | {f"word/{name}": content for name, content in (parts or {}).items()})


def part(root: str, content: str) -> str:
    """A part's XML with this root."""
    return f"<{root} {NAMES}>{content}</{root}>"


def p(text: str, properties: str = "") -> str:
    """A Word paragraph."""
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"
