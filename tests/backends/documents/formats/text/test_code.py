"""Definitions of source code are its headings."""

import re

import pytest

from benchmarks.patterns.collect import Used
from benchmarks.patterns.measure import is_bounded, worst
from files_api_mcp.backends.documents.formats.text.code import LANGUAGES, SourceCode

SOURCES = {
    "py": (
        "class A(B):\n    def m(self):\n        def inner(): pass\n\nasync def f():\n    pass\nclass of things\n",
        ["1 A", "2 m", "1 f"],
    ),
    "ts": (
        "export default class Foo {\n  private async load(x: number): Promise<void> {\n    if (x) {\n    }\n  }\n}\n"
        "export const fetchUser = async (id: string) => {\n};\nfunction retry(a) {\n  const inner = () => {}\n}\n",
        ["1 Foo", "2 load", "1 fetchUser", "1 retry"],
    ),
    "go": ("type Server struct {\n}\n\nfunc (s *Server) Start() error {\n\tif x {\n\t}\n}\n", ["1 Server", "1 Start"]),
    "rs": ("impl<T> Foo for A {\n    pub fn new() -> Self {\n        let x = 1;\n    }\n}\n", ["1 Foo", "2 new"]),
    "java": (
        "public class Account {\n    private final int x = 3;\n    public static void main(String[] args) {\n"
        "        foo(bar);\n        return f(\n    }\n    Account(int x) {\n    }\n}\n",
        ["1 Account", "2 main", "2 Account"],
    ),
    "c": (
        "static int add(int a, int b)\n{\n    return a;\n}\nint main(void) {\n    foo(x);\n}\nint f(int);\n",
        ["1 add", "1 main"],
    ),
    "cpp": ("void Shape::draw(int x) {\n  return foo(x);\n}\n", ["1 Shape::draw"]),
    "cs": (
        "namespace App\n{\n    public class W\n    {\n        public async Task<int> RunAsync(int x)\n        {\n",
        ["1 App", "2 W", "3 RunAsync"],
    ),
    "php": (
        "<?php\nclass A {\n    public function load($x) {\n    }\n}\nfunction helper() {\n",
        ["1 A", "2 load", "1 helper"],
    ),
    "rb": ("module M\n  class A < B\n    def self.make(x)\n", ["1 M", "2 A", "3 self.make"]),
    "kt": ("data class P(val x: Int)\nfun main() {\n    val x = 1\n}\n", ["1 P", "1 main"]),
    "swift": ("struct V: View {\n    func go(x: Int) {\n", ["1 V", "2 go"]),
    "sh": ("build() {\n  echo x\n}\nfunction deploy {\n", ["1 build", "1 deploy"]),
    "sql": (
        "CREATE TABLE IF NOT EXISTS vendors (\n  name text\n);\ncreate or replace function f() returns int\n",
        ["1 vendors", "1 f"],
    ),
    "ps1": ("function Get-StaleComputer {\n  param()\n", ["1 Get-StaleComputer"]),
    "vue": ("<script setup>\nfunction go() {\n}\n</script>\n", ["1 go"]),
}


@pytest.mark.parametrize("suffix", SOURCES)
def test_definitions_and_their_members_are_found(suffix: str) -> None:
    source, expected = SOURCES[suffix]
    found = SourceCode(LANGUAGES[f".{suffix}"]).headings(source)
    assert [f"{heading.level} {heading.title}" for _, heading in found] == expected


@pytest.mark.parametrize("suffix", sorted({language: suffix for suffix, language in LANGUAGES.items()}.values()))
def test_the_patterns_of_every_language_are_linear(suffix: str) -> None:
    language = LANGUAGES[suffix]
    begin = re.compile(rf"\n[ \t]{{0,16}}+(?:{language.begin})")
    for mode, pattern in (("match", re.compile(language.definition)), ("finditer", begin)):
        found = worst(Used(suffix, pattern, (mode,)))
        assert is_bounded(found), found
