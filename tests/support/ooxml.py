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


def full_word() -> bytes:
    """A Word document with every kind of part that is read."""
    level = '<w:lvl w:ilvl="{0}"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%{1}."/></w:lvl>'
    numbering = f'<w:abstractNum w:abstractNumId="1">{level.format(0, 1)}{level.format(1, 2)}</w:abstractNum>'
    style = '<w:style w:type="paragraph" w:styleId="H"><w:name w:val="heading 1"/><w:basedOn w:val="N"/></w:style>'
    parts: dict[str, str | bytes] = {
        "numbering.xml": part("w:numbering", f'{numbering}<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'),
        "styles.xml": part("w:styles", style),
        "header1.xml": part("w:hdr", p("more words")),
        "footnotes.xml": part("w:footnotes", f'<w:footnote w:id="2">{p("a note")}</w:footnote>'),
        "chart.xml": part("c:chartSpace", _SERIES),
        "data.xml": part("dgm:dataModel", _NODE),
        "chunk.html": "<p>inserted",
    }
    kinds = ["numbering", "styles", "header", "footnotes", "chart", "diagramData", "aFChunk"]
    related: Relations = {kind: (kind, name) for kind, name in zip(kinds, parts, strict=True)}
    run = "<w:r>{}</w:r>"
    boxed = f"<wps:txbx><w:txbxContent>{p('boxed')}</w:txbxContent></wps:txbx>"
    box = f"<w:drawing><wp:inline><wp:docPr descr='seen'/>{boxed}</wp:inline></w:drawing>"
    graphics = '<w:drawing><c:chart r:id="chart"/></w:drawing><w:drawing><dgm:relIds r:dm="diagramData"/></w:drawing>'
    field = '<w:fldChar w:fldCharType="begin"/><w:instrText>HYPERLINK "http://x.example"</w:instrText>'
    inline = run.format(graphics) + run.format(box) + run.format(field) + '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    cell = f'<w:tc><w:tcPr><w:vMerge w:val="restart"/></w:tcPr>{p("cell")}</w:tc>'
    body = (
        p("words", '<w:pStyle w:val="H"/>')
        + p("one", '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>')
        + f'<w:p>{inline}<m:oMath>{_FRACTION}</m:oMath><w:r><w:footnoteReference w:id="2"/></w:r></w:p>'
        + f"<w:tbl><w:tr>{cell}<w:sdt><w:sdtContent>{cell}</w:sdtContent></w:sdt></w:tr></w:tbl>"
        + '<w:altChunk r:id="aFChunk"/><w:sectPr><w:headerReference r:id="header"/></w:sectPr>'
    )
    return word(body, parts, related)


def full_slides() -> bytes:
    """A presentation with every kind of part that is read."""
    text = "<a:p><a:r><a:rPr><a:hlinkClick r:id='hyperlink'/></a:rPr><a:t>{}</a:t></a:r></a:p>"
    shape = (
        '<p:sp><p:nvSpPr><p:cNvPr id="1" descr="seen"/><p:nvPr><p:ph type="{}" idx="1"/></p:nvPr></p:nvSpPr><p:spPr>'
        '<a:xfrm><a:off x="1" y="1"/><a:ext cx="9" cy="9"/></a:xfrm></p:spPr><p:txBody>{}</p:txBody></p:sp>'
    )
    cell = f"<a:tc><a:txBody>{text.format('cell')}</a:txBody></a:tc>"
    frame = "<p:graphicFrame><a:graphic><a:graphicData>{}</a:graphicData></a:graphic></p:graphicFrame>"
    graphics = frame.format(f"<a:tbl><a:tr>{cell}{cell}</a:tr></a:tbl>") + frame.format('<c:chart r:id="chart"/>')
    graphics += frame.format('<dgm:relIds r:dm="diagramData"/>')
    tree = "<p:cSld><p:spTree>{}</p:spTree></p:cSld>"
    shapes = shape.format("title", text.format("words"))
    shapes += f"<p:grpSp>{shape.format('body', text.format('two'))}</p:grpSp>"
    parts = {
        "layout.xml": part("p:sldLayout", tree.format(shapes)),
        "notes.xml": part("p:notes", tree.format(shapes)),
        "comments.xml": part("p:cmLst", '<p:cm authorId="1"><p:text>dark</p:text></p:cm>'),
        "chart.xml": part("c:chartSpace", _SERIES),
        "data.xml": part("dgm:dataModel", _NODE),
    }
    kinds = ["slideLayout", "notesSlide", "comments", "chart", "diagramData"]
    related: Relations = {kind: (kind, name) for kind, name in zip(kinds, parts, strict=True)}
    members: dict[str, str | bytes] = {
        "_rels/.rels": relations({"r": ("officeDocument", "ppt/presentation.xml")}),
        "ppt/presentation.xml": part("p:presentation", '<p:sldIdLst><p:sldId r:id="s"/></p:sldIdLst>'),
        "ppt/_rels/presentation.xml.rels": relations({"s": ("slide", "slide.xml")}),
        "ppt/slide.xml": part("p:sld", tree.format(shapes + graphics)),
        "ppt/_rels/slide.xml.rels": relations(related | {"hyperlink": ("hyperlink", "https://x.example")}),
    }
    return archive(members | {f"ppt/{name}": content for name, content in parts.items()})


_POINT = '<c:strRef><c:strCache><c:pt idx="0"><c:v>{}</c:v></c:pt></c:strCache></c:strRef>'
_SERIES = (
    f"<c:chart><c:plotArea><c:ser><c:tx>{_POINT.format('S')}</c:tx><c:cat>{_POINT.format('a')}</c:cat>"
    f"<c:val>{_POINT.format('7.5')}</c:val></c:ser></c:plotArea></c:chart>"
)
_NODE = (
    '<dgm:ptLst><dgm:pt modelId="1"><dgm:t><a:p><a:r><a:t>node</a:t></a:r></a:p></dgm:t></dgm:pt></dgm:ptLst>'
    '<dgm:cxnLst><dgm:cxn srcId="0" destId="1" srcOrd="0"/></dgm:cxnLst>'
)
_FRACTION = "<m:f><m:num><m:r><m:t>1</m:t></m:r></m:num><m:den><m:r><m:t>x</m:t></m:r></m:den></m:f>"
