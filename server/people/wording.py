"""What tools say to agents, said to people: commands in the place of tools, options in the place of arguments."""

import re

__all__ = ["for_people"]

_PHRASES = {
    "read_document with as_image shows": "`files-api-mcp download` gives",
    "set overwrite": "give --overwrite",
    "without name_contains": "without --name-contains",
    " in the allowed folders. Check the path; it may be relative to a ROOT.": ". Check the path.",
}
_TOOLS = {
    "upload_file": "`files-api-mcp upload`",
    "list_files": "`files-api-mcp list`",
    "describe_file": "`files-api-mcp describe`",
    "ask_document": "`files-api-mcp ask`",
    "read_document": "`files-api-mcp read`",
    "download_file": "`files-api-mcp download`",
    "delete_file": "`files-api-mcp delete`",
}
# A file may be called like a tool.
_ANY_TOOL = re.compile(rf"(?<![\w./-])(?:{'|'.join(_TOOLS)})(?![\w/-]|\.\w)")


def for_people(text: str) -> str:
    """The same, as it is to be done on a command line."""
    for phrase, other in _PHRASES.items():
        text = text.replace(phrase, other)
    return _ANY_TOOL.sub(lambda found: _TOOLS[found[0]], text)
