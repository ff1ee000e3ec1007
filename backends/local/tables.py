"""Text of tables and data as it is looked up: a comma between two figures parts values, and groups no digits."""

__all__ = ["as_looked_up"]

_CSV = "text/csv"
_JSON = "application/json"
_LINES_JUDGED = 5


def as_looked_up(text: str, mime_type: str) -> str:
    """The same text, of the same length, with blanks for the commas that part values.

    Other text is left as it is, and so are tables whose cells are parted by something else: there a comma stands in
    decimal numbers.
    """
    if mime_type == _JSON or (mime_type == _CSV and _has_commas_for_cells(text)):
        return "\n".join(map(_values_apart, text.split("\n")))
    return text


def _has_commas_for_cells(text: str) -> bool:
    judged = "".join(text.split("\n", _LINES_JUDGED)[:_LINES_JUDGED])
    return judged.count(",") >= max(judged.count(";"), judged.count("\t"))


def _values_apart(line: str) -> str:
    # By line: a quotation mark too many then spoils its own line alone.
    parts = line.split('"')
    parts[::2] = [part.replace(",", " ") for part in parts[::2]]
    return '"'.join(parts)
