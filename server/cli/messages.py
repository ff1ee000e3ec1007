"""What tools say to agents, said to people: commands in the place of tools, options in the place of arguments; the
operator is the person."""

import re

__all__ = ["for_people"]

_PHRASES = {
    "read_document with as_image shows": "`files-api-mcp download` gives",
    "set overwrite": "give --overwrite",
    "without name_contains": "without --name-contains",
    "only the operator can allow this one, with --allow-sensitive": "--allow-sensitive lets this one through",
    " readable for this server": " readable",
    " and restart the server": "",
    "start the server as that user": "run the command as that user",
    "the operator can ": "you can ",
    "the operator should ": "",
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
# The person at the command line is the operator.
_ASKED = re.compile(r"\bAsk the operator to (\w)")
# A file may be called like a tool.
_ANY_TOOL = re.compile(rf"(?<![\w./-])(?:{'|'.join(_TOOLS)})(?![\w/-]|\.\w)")


def for_people(text: str) -> str:
    """The same, as it is to be done on a command line."""
    for phrase, other in _PHRASES.items():
        text = text.replace(phrase, other)
    text = _ASKED.sub(lambda found: found[1].upper(), text)
    return _ANY_TOOL.sub(lambda found: _TOOLS[found[0]], text)
