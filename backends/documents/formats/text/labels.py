"""Labels of encodings, as documents declare them."""

import codecs

import webencodings

__all__ = ["codec_of"]

_UNSAFE = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
_NO_CLAIM = frozenset({"ascii", "us-ascii", "ansi_x3.4-1968", "unknown-8bit", "x-unknown", "binary", "8bit"})
"""Labels that say nothing about bytes above 127."""


def codec_of(label: str | None) -> str | None:
    """The codec for a declared label, as browsers read it (WHATWG): "iso-8859-1" means windows-1252. None if the label
    is unknown, or says nothing about bytes that are not ASCII."""
    name = (label or "").strip("\t\n\f\r \"'").lower()
    if not name or name in _NO_CLAIM:
        return None
    known = webencodings.lookup(name)
    if known is not None and known.name not in ("replacement", "x-user-defined"):
        return known.codec_info.name
    try:
        # Old mail declares encodings that browsers do not know, such as cp850. Codecs of other things refuse to decode.
        b"x".decode(name)
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    return None if codec in _UNSAFE else codec
