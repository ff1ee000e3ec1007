"""Builds OpenDocument files with common styles."""

from tests.support.documents import archive

_NAMES = {
    "office": "office",
    "text": "text",
    "table": "table",
    "style": "style",
    "draw": "drawing",
    "presentation": "presentation",
    "svg": "svg-compatible",
}
_ALL = "".join(f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"' for name, long in _NAMES.items())
_ROOT = f'{_ALL} xmlns:xlink="http://www.w3.org/1999/xlink"'


def odf(kind: str, body: str, styles: str = "", automatic: str = "") -> bytes:
    """An OpenDocument file: `text` or `presentation`."""
    content = (
        f"<office:document-content{_ROOT}><office:automatic-styles>{automatic}</office:automatic-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    )
    common = f"<office:document-styles{_ROOT}>{styles}</office:document-styles>"
    members: dict[str, str | bytes] = {"content.xml": content, "styles.xml": common}
    return archive(members, f"application/vnd.oasis.opendocument.{kind}")


def odt(body: str, styles: str = "", automatic: str = "") -> bytes:
    return odf("text", body, styles, automatic)
