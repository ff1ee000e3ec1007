"""Charts are read as their title and a table."""

from xml.etree.ElementTree import fromstring

from files_api_mcp.backends.documents.formats.ooxml.charts import chart_lines
from tests.support.ooxml import part


def cache(values: list[str], kind: str = "num", form: str = "General") -> str:
    code = f"<c:formatCode>{form}</c:formatCode>" if kind == "num" else ""
    points = "".join(f'<c:pt idx="{number}"><c:v>{value}</c:v></c:pt>' for number, value in enumerate(values))
    return f"<c:{kind}Ref><c:{kind}Cache>{code}{points}</c:{kind}Cache></c:{kind}Ref>"


def series(name: str, categories: str, values: str, axes: tuple[str, str] = ("cat", "val")) -> str:
    first, second = axes
    shown = f"<c:tx>{cache([name], 'str')}</c:tx><c:{first}>{categories}</c:{first}>"
    return f"<c:ser>{shown}<c:{second}>{values}</c:{second}></c:ser>"


def lines(plot: str, title: str = "") -> list[str]:
    words = f"<c:title><c:tx><c:rich><a:p><a:r><a:t>{title}</a:t></a:r></a:p></c:rich></c:tx></c:title>"
    chart = f"<c:chart>{words if title else ''}<c:plotArea>{plot}</c:plotArea></c:chart>"
    return [*chart_lines(fromstring(part("c:chartSpace", chart)))]


YEARS = cache(["2024", "2025"], "str")


def test_series_with_the_same_categories_share_a_table() -> None:
    axis = "<c:valAx><c:title><c:tx><c:rich><a:p><a:r><a:t>Riders</a:t></a:r></a:p></c:rich></c:tx></c:title></c:valAx>"
    plot = (
        f"<c:barChart>{series('Trams', YEARS, cache(['7', '7345']))}{series('Buses', YEARS, cache(['5']))}</c:barChart>"
    )
    assert lines(plot + axis, "Passengers") == [
        "Chart: Passengers",
        "Axes: Riders",
        "| Trams | Buses",
        "2024 | 7 | 5",
        "2025 | 7345",
    ]


def test_values_are_shown_as_in_the_chart() -> None:
    plot = series("Share", cache(["45292"], form="yyyy\\-mm"), cache(["0.375"], form="0.0%"))
    assert lines(plot) == ["Chart", "| Share", "2024-01-01 | 37.5%"]
    assert lines(series("a", YEARS, cache(["0.30000000000000004", "1E3"])))[2:] == ["2024 | 0.3", "2025 | 1000"]


def test_points_of_a_scatter_are_pairs() -> None:
    plot = series("Depth", cache(["1", "2"]), cache(["10", "20"]), ("xVal", "yVal"))
    assert lines(plot) == ["Chart", "| Depth", "1 | 10", "2 | 20"]


def test_levels_of_categories_are_joined() -> None:
    level = '<c:lvl><c:pt idx="0"><c:v>{}</c:v></c:pt></c:lvl>'
    both = level.format("Q1") + level.format("2024")
    levels = f"<c:multiLvlStrRef><c:multiLvlStrCache>{both}</c:multiLvlStrCache></c:multiLvlStrRef>"
    assert lines(series("a", levels, cache(["3"])))[2:] == ["2024 Q1 | 3"]


def test_hostile_points_end() -> None:
    far = '<c:numCache><c:pt idx="999999999"><c:v>1</c:v></c:pt><c:pt idx="-1"><c:v>2</c:v></c:pt></c:numCache>'
    assert lines(series("a", "", f"<c:numRef>{far}</c:numRef>"))[2:] == ["1"]
    many = cache(["1"] * 30_000)
    assert len(lines(series("a", "", many))) <= 20_002


def test_a_chart_of_many_series_is_cut() -> None:
    point = (
        '<c:ser><c:val><c:numRef><c:numCache><c:pt idx="{}"><c:v>1</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser>'
    )
    found = lines("".join(point.format(number) for number in range(2000)))
    assert 1 < len(found) < 500


def test_a_point_that_is_repeated_is_cut() -> None:
    level = '<c:lvl><c:pt idx="0"><c:v>word</c:v></c:pt></c:lvl>'
    levels = f"<c:multiLvlStrRef><c:multiLvlStrCache>{level * 5000}</c:multiLvlStrCache></c:multiLvlStrRef>"
    assert len(lines(series("a", levels, cache(["3"])))[2]) < 5000
