"""Every regular expression of the package takes linear time, and this test finds all of them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.patterns.__main__ import results
from benchmarks.patterns.collect import ROOT, Used, collected, escaping_calls, sources
from benchmarks.patterns.measure import LINEAR, is_bounded, worst

pytestmark = pytest.mark.slow


def test_every_pattern_is_linear() -> None:
    """Measure in a separate process, which is killed if a pattern hangs."""
    found = list(results())
    assert {one["name"] for one in found} == {used.name for used in collected()}
    assert [one for one in found if not is_bounded(one)] == []


def test_no_pattern_is_out_of_sight() -> None:
    assert escaping_calls() == []


def test_every_pattern_written_in_the_source_is_collected() -> None:
    """The collector would miss a pattern inside an object that it does not open."""
    written = sum(len(re.findall(r"\bre\.compile\(", path.read_text(encoding="utf-8"))) for path in sources())
    inside_functions = 8
    made_of_one_call = 10  # lists of names, made into a pattern by one function, and 8 kinds of orders by one line
    # A pattern that other modules import is found there too, under the same name: it counts once.
    found = {(used.name.rpartition(".")[2], id(used.pattern)) for used in collected()}
    assert len(found) == written - inside_functions + made_of_one_call


@pytest.mark.parametrize(
    ("source", "mode"),
    [
        (r"\s+x", "finditer"),
        (r"[ab]+$", "finditer"),
        (r"/\*.*?\*/", "finditer"),
        (r"a\d*[\d-]*!", "match"),
    ],
)
def test_quadratic_patterns_are_found(source: str, mode: str) -> None:
    assert worst(Used("planted", re.compile(source, re.DOTALL), (mode,)))["exponent"] > LINEAR


def test_a_bounded_repeat_that_is_read_again_from_each_character_is_found() -> None:
    pattern = re.compile(rb"[0-9a-fA-F\r\n]{2000,}")
    assert not is_bounded(worst(Used("planted", pattern, ("finditer",))))


def test_an_exponential_pattern_is_found_or_hangs() -> None:
    """A former pattern for HTML: the table shows a hang as an infinite exponent."""
    planted = (
        "import re; from benchmarks.patterns.collect import Used; from benchmarks.patterns.measure import worst;"
        r"pattern = re.compile(rb'\s*(?:<!--.*?-->\s*)*<(?:html|body)\b', re.DOTALL);"
        "print('begun', flush=True);"
        "print(worst(Used('planted', pattern, ('match',)))['exponent'])"
    )
    with subprocess.Popen([sys.executable, "-c", planted], cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"begun\n"
        try:
            found, _ = process.communicate(timeout=3)
        except subprocess.TimeoutExpired:
            process.kill()
            return
    assert float(found) > LINEAR


def test_a_pattern_that_hangs_ends_its_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replaces the measuring process by one that reports a pattern and then sleeps."""
    import benchmarks.patterns.__main__ as table

    package = tmp_path / "benchmarks" / "patterns"
    package.mkdir(parents=True)
    (package / "measure.py").write_text(
        'import sys, time\nif len(sys.argv) == 1:\n    print(\'{"begin": "hangs"}\', flush=True)\n    time.sleep(600)\n'
    )
    monkeypatch.setattr(table, "ROOT", tmp_path)
    monkeypatch.setattr(table, "HANGS_AFTER_S", 3.0)
    (found,) = results()
    assert found["name"] == "hangs"
    assert found["exponent"] > LINEAR
