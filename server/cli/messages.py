"""Rewrites the tools' messages for the command line: commands replace tools, options replace arguments."""

import re

__all__ = ["PHRASES", "for_command_line"]

PHRASES = {
    "that name. Choose another name; only the operator can allow this one, with --allow-sensitive": "that name. Choose "
    "another one, or type this one as part of --save-as",
    "read_document with as_image shows": "`files-api-mcp download` gives",
    "set overwrite": "add --overwrite",
    "start_char": "--start-char",
    "omit regex to find it as a phrase": "omit --regex to find it as a phrase",
    "without within": "without --within",
    "only the operator can allow this one, with --allow-sensitive": "--allow-sensitive allows this one",
    " readable for this server": " readable",
    " and restart the server": "",
    "start the server as that user": "run the command as that user",
    "the operator can ": "you can ",
    "the operator should ": "",
    " in the allowed folders. Did you mean": ". Did you mean",
    " in the allowed folders. Check the path; it may be relative to a ROOT.": ". Check the path.",
}
"""Replacements for parts of the messages that tools and backends write."""

_COMMANDS = {
    "upload_file": "`files-api-mcp upload`",
    "list_files": "`files-api-mcp list`",
    "describe_file": "`files-api-mcp describe`",
    "ask_document": "`files-api-mcp ask`",
    "find_text": "`files-api-mcp find`",
    "query_table": "`files-api-mcp query`",
    "read_document": "`files-api-mcp read`",
    "download_file": "`files-api-mcp download`",
    "delete_file": "`files-api-mcp delete`",
}
# On the command line the user is the operator.
_OPERATOR = re.compile(r"\bAsk the operator to (\w)")
# A tool's name may also be part of a file name.
_TOOL = re.compile(rf"(?<![\w./-])(?:{'|'.join(_COMMANDS)})(?![\w/-]|\.\w)")


def for_command_line(text: str) -> str:
    """Returns a tool's message in the terms of the command line."""
    for phrase, replacement in PHRASES.items():
        text = text.replace(phrase, replacement)
    text = _OPERATOR.sub(lambda found: found[1].upper(), text)
    return _TOOL.sub(lambda found: _COMMANDS[found[0]], text)
