"""Words that go over the end of a passage or page."""

from files_api_mcp.backends.search.tokenizer import words

__all__ = ["REACH", "bridge"]

REACH = 64
"""Characters on each side of an end that are looked at. Half of a longer word is not joined to the other half."""
_REACH_UNSPACED = 2
"""As much as one term of a script that writes no blanks holds before an end, or after it."""
_LATIN = "\u0250"


def bridge(before: str, after: str) -> list[str]:
    """The words around an end that may join a word before it with one after it. `before` ends with the blanks between
    the two."""
    bare = before.rstrip()
    if not bare or not after:
        return []
    last, blanks = bare[-1], before[len(bare) :]
    # Only a hyphen, or scripts that write no blanks, join what is on two lines.
    if blanks and (last.isalnum() or last.isascii()) and last < _LATIN and last != "-":
        return []
    reach = REACH if last < _LATIN or not last.isalnum() else _REACH_UNSPACED
    tail, head = bare[-reach:].rsplit(maxsplit=1)[-1], after[:reach].split(maxsplit=1)[0]
    joined = words(tail + blanks + head)
    return joined if len(joined) < len(words(tail)) + len(words(head)) else []
