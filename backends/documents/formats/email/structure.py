"""The structure of a message: which of its parts are its body, and which are attached."""

from dataclasses import dataclass, field

from files_api_mcp.backends.documents.formats.email.body import Body
from files_api_mcp.backends.documents.formats.email.headers import MimePart, parts_of, trimmed

__all__ = ["Contents", "contents_of"]

_MOST_PARTS = 1000
_MOST_DEPTH = 50
_UNSHOWN = frozenset({"text/css", "text/javascript", "text/x-amp-html"})
_CALENDAR = "text/calendar"


@dataclass(slots=True)
class Contents:
    """The bodies and attachments of a message, in order."""

    bodies: list[Body] = field(default_factory=list[Body])
    attachments: list[MimePart] = field(default_factory=list[MimePart])
    is_cut: bool = False
    """Whether there are more parts than can be read."""
    parts: int = 0


def contents_of(message: MimePart) -> Contents:
    """The bodies and attachments of a message. Those of attached messages are not included."""
    contents = Contents()
    _add(message, contents, 0)
    return contents


def _add(part: MimePart, contents: Contents, depth: int) -> None:
    contents.parts += 1
    if contents.parts > _MOST_PARTS or depth > _MOST_DEPTH:
        contents.is_cut = True
        return
    kind = trimmed(part).get_content_type()
    if kind == "multipart/alternative":
        _add_alternatives(part, contents, depth)
    elif kind == "multipart/related":
        _add_related(part, contents, depth)
    elif kind == "message/delivery-status":
        contents.bodies.append(Body([part], []))
    elif part.is_multipart() and part.get_content_maintype() == "multipart":
        for one in parts_of(part):
            _add(one, contents, depth + 1)
    elif part.get_content_maintype() == "text" and not _is_attached(part, contents):
        if kind not in _UNSHOWN:
            contents.bodies.append(Body([part], []))
    else:
        contents.attachments.append(part)


def _add_alternatives(part: MimePart, contents: Contents, depth: int) -> None:
    """Join the forms of one body. A calendar among them is a body of its own: it has other words."""
    whole = Body([], [])
    others: list[Body] = []
    for one in parts_of(part):
        form = Contents(parts=contents.parts)
        _add(one, form, depth + 1)
        contents.parts, contents.is_cut = form.parts, contents.is_cut or form.is_cut
        contents.attachments += form.attachments
        for body in form.bodies:
            kinds = {text.get_content_type() for text in (*body.plain, *body.rich)}
            if kinds == {_CALENDAR}:
                others.append(body)
            else:
                (whole.plain if kinds == {"text/plain"} else whole.rich).extend([*body.plain, *body.rich])
    contents.bodies += [body for body in (whole, *others) if body.plain or body.rich]


def _add_related(part: MimePart, contents: Contents, depth: int) -> None:
    """Join a page and its frames. Its pictures are not attachments, unless they have no other place."""
    for number, one in enumerate(parts_of(part)):
        if (
            number == 0
            or trimmed(one).get_content_type() == "text/html"
            or one.get_content_disposition() == "attachment"
        ):
            _add(one, contents, depth + 1)
        elif one.get_content_maintype() not in ("image", "text", "font") and not one.get("Content-ID"):
            contents.attachments.append(one)


def _is_attached(part: MimePart, contents: Contents) -> bool:
    """Whether a text is attached: it says so, or has a name and follows the body."""
    if part.get_content_disposition() == "attachment":
        return True
    is_named = bool(part.get_param("filename", header="Content-Disposition") or part.get_param("name"))
    return is_named and bool(contents.bodies)
