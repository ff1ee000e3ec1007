"""Definitions in source code: those at the top of a file, and those directly in a class or module of it."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from files_api_mcp.backends.documents.marks import Heading

__all__ = ["LANGUAGES", "SourceCode"]

_MOST_DEPTH = 3
_MOST_INDENT = 16
_NO_NAMES = frozenset(
    "if else for while switch match return catch do try using lock foreach sizeof super this await throw function elif"
    " until case select with yield assert delete typeof new echo print".split()
)
_WORDS_BEFORE = (
    "public private protected internal static final abstract sealed virtual override async synchronized native partial"
    " readonly extern unsafe export default declare open data inline suspend operator fileprivate mutating constexpr"
    " explicit get set required convenience lateinit inner companion annotation pub"
)
_WORDS_AFTER = (
    "extends implements for where as is on if final begin returns return with throws inherits permits using"
    " struct interface func"
)
_MODIFIERS = rf"(?:(?:{'|'.join(_WORDS_BEFORE.split())}|pub\([a-z]{{1,20}}\))[ \t]+){{0,6}}+"
_WORDS = r"(?:[a-z]{2,13}+(?:\([a-z]{1,20}\))?[ \t]++){0,6}"
"""What may be modifiers: much faster, and enough for a first look."""
_NAME = r"[A-Za-z_$][\w$]{0,100}+"
_TYPE = r"[A-Za-z_][\w<>\[\],.?:&*]{0,80}(?:[ \t*&]+[\w<>\[\],.?:&*]{1,80}){0,4}[ \t*&]+"
_OPENS = r"(?:[^;]{0,400}[{,(]|[^;{}]{0,400}\)[^;{}()]{0,60}|[ \t]*)$"
"""The rest of a line that begins a function: its body or its parameters go on in the next line."""


class _Language(NamedTuple):
    definition: str
    begin: str
    """How most lines begin that define something, and few others."""


def _pattern(holders: str, others: str, *more: str, modifiers: str = _MODIFIERS) -> _Language:
    """A line that defines something, with the keywords of what holds other definitions and of what does not; `more`
    are forms without a keyword, each with the group `name`."""
    keyed = rf"(?:(?P<holder>{holders})|{others})(?:[ \t]+|[ \t]*\*[ \t]*)"
    keyed += rf"(?P<keyed>{_NAME}(?:[.:-]+[\w$]{{1,100}}+){{0,5}}+)"
    keyed += rf"(?![ \t]+(?!(?i:{'|'.join(_WORDS_AFTER.split())})\b)[A-Za-z])"
    forms = [keyed, *(form.replace("?P<name>", f"?P<name{number}>") for number, form in enumerate(more))]
    words = _WORDS if modifiers == _MODIFIERS else modifiers
    begins = rf"(?=[A-Za-z@]){words}(?:{holders}|{others})[ \t*]"
    begins = "|".join([*(_BEGINS[form] for form in more), begins])
    return _Language(rf"(?P<indent>[ \t]{{0,{_MOST_INDENT}}}+){modifiers}(?:{'|'.join(forms)})", begins)


_NOTHING = "(?!)"
_METHOD = rf"(?P<name>{_NAME})[ \t]*\([^;]{{0,400}}\{{[ \t]*$"
_TYPED = rf"{_TYPE}(?P<name>~?{_NAME}(?:::~?{_NAME}){{0,5}})[ \t]*\({_OPENS}"
_ASSIGNED = (
    rf"(?:const|let|var)[ \t]+(?P<name>{_NAME})[^=]{{0,200}}=[ \t]*(?:async[ \t]*)?"
    rf"(?:function\b|\([^=]{{0,200}}=>|{_NAME}[ \t]*=>)"
)
_NO_KEYWORD = r"(?P<name>[A-Za-z_][\w:-]{0,100})[ \t]*\(\)"
_NO_CALL = rf"(?!(?:{'|'.join(sorted(_NO_NAMES))})[ \t(])"
_BEGINS = {
    _METHOD: rf"(?=[A-Za-z_$][\w$ \t]*+\([^;\n]*+(?<=[{{ \t])(?:\n|\Z)){_NO_CALL}",
    _TYPED: rf"(?=[A-Za-z_$~][\w<>\[\],.?:&*~$ \t]*+\([^;\n]*+(?:\n|\Z)){_NO_CALL}",
    _ASSIGNED: rf"(?=[a-z]){_WORDS}(?:const|let|var)[ \t][^\n]*?(?:=>|function)",
    _NO_KEYWORD: r"[A-Za-z_][\w:-]*+[ \t]*\(\)",
}
"""How a line with each of these forms begins, in a pattern that is fast."""
_SCRIPT = _pattern("class|interface|namespace|module|enum", "function|type", _ASSIGNED, _METHOD)
_JAVA = _pattern("class|interface|enum|record|struct|namespace|@interface", _NOTHING, _TYPED, _METHOD)
_C = _pattern("class|struct|namespace|enum class|enum|union", _NOTHING, _TYPED)
_PYTHON = _pattern("class", "def", modifiers="(?:async +)?+")
_RUBY = _pattern("class|module", "def(?:[ \t]+self\\.)?")
_SHELL = _pattern(_NOTHING, "function", _NO_KEYWORD)
_LANGUAGE_NAMES = {
    "py pyi": _PYTHON,
    "js jsx mjs cjs ts tsx mts vue svelte": _SCRIPT,
    "go": _pattern("type", r"func(?:[ \t]*\([^()]{0,100}\))?", modifiers=""),
    "rs": _pattern("struct|enum|trait|mod|union|impl(?:<[^>]{0,100}>)?", "fn|type|macro_rules!"),
    "java": _JAVA,
    "cs": _JAVA,
    "kt kts": _pattern("class|interface|object|enum class", "fun(?:[ \t]+<[^>]{0,100}>)?"),
    "swift": _pattern("class|struct|enum|protocol|extension|actor", "func"),
    "scala": _pattern("class|object|trait|case class", "def"),
    "c h cc cpp cxx hpp hh m mm": _C,
    "php": _pattern("class|interface|trait|enum", "function"),
    "rb": _RUBY,
    "sh bash zsh ksh": _SHELL,
    "ps1 psm1": _pattern("(?i:class)", "(?i:function|filter|workflow)"),
    "lua": _pattern(_NOTHING, "(?:local[ \t]+)?function"),
    "f f90 f95": _pattern("(?i:module|program)", "(?i:subroutine|function)"),
    "pl pm": _pattern("package", "sub"),
    "sql": _pattern(
        _NOTHING,
        r"(?i:create[ \t]+(?:or[ \t]+replace[ \t]+)?(?:temp(?:orary)?[ \t]+|unique[ \t]+|materialized[ \t]+){0,2}"
        r"(?:table|view|function|procedure|index|trigger|type)(?:[ \t]+if[ \t]+not[ \t]+exists)?)",
    ),
}
LANGUAGES = {f".{suffix}": pattern for suffixes, pattern in _LANGUAGE_NAMES.items() for suffix in suffixes.split()}
"""How definitions look, by the suffix of the file's name."""


class SourceCode:
    """Finds definitions by their lines. What is defined inside a function is passed over."""

    def __init__(self, language: _Language) -> None:
        self._match = re.compile(language.definition).match
        self._begin = language.begin
        self._searches: dict[int, Callable[[str, int], re.Match[str] | None]] = {}
        self._around: list[tuple[int, bool]] = []
        """The indentation of each definition around the line, and whether it holds others."""

    def headings(self, text: str) -> Iterator[tuple[int, Heading]]:
        """The definitions of whole lines, with the offset of the line that each starts at."""
        match = self._match
        text = f"\n{text}"
        search = self._next_begin()
        end = 0
        while begin := search(text, end):
            start = begin.start() + 1
            end = text.find("\n", start)
            if end < 0:
                end = len(text)
            if (found := match(text[start:end])) and (heading := self._heading(found)):
                yield start - 1, heading
                search = self._next_begin()

    def _next_begin(self) -> Callable[[str, int], re.Match[str] | None]:
        """The search for lines that are not indented too much to count: others are inside a function."""
        indent, is_holder = self._around[-1] if self._around else (0, False)
        if is_holder and len(self._around) < _MOST_DEPTH:
            indent = _MOST_INDENT
        if indent not in self._searches:
            self._searches[indent] = re.compile(rf"\n[ \t]{{0,{min(indent, _MOST_INDENT)}}}+(?:{self._begin})").search
        return self._searches[indent]

    def _heading(self, found: re.Match[str]) -> Heading | None:
        kind = found.lastgroup or ""
        name = found[kind]
        if kind != "keyed" and (name in _NO_NAMES or found[0].split(maxsplit=1)[0] in _NO_NAMES):
            return None
        indent = len(found["indent"].expandtabs(4)) if found.end("indent") else 0
        around = self._around
        while around and around[-1][0] >= indent:
            around.pop()
        is_inside = around[-1][1] and len(around) < _MOST_DEPTH if around else not indent
        if not is_inside:
            return None
        around.append((indent, found["holder"] is not None))
        return Heading(len(around), name)
