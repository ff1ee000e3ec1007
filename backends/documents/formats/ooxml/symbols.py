"""Characters of symbol fonts as Unicode: text in Symbol or Wingdings shows other signs than its code points say."""

# ruff: noqa: RUF001 (other scripts have letters that look like Latin ones)

import re

__all__ = ["PRIVATE", "shown_symbols"]

PRIVATE = re.compile("[\uf020-\uf0ff]")
"""Where symbol fonts have their characters."""

# From 0x20 and from 0xA0 on. A space stands for a code without a sign.
_SYMBOL = (
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼ ",
    "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…│─↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪ 〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭ ",
)
_WINGDINGS = (
    " 🖉✂✁👓🕭🕮🕯🕿✆🖂🖃📪📫📬📭📁📂📄🗏🗐🗄⌛🖮🖰🖲🖳🖴🖫🖬✇✍🖎✌👌👍👎☜☞☝☟🖐☺😐☹💣☠🏳"
    "🏱✈☼💧❄🕆✞🕈✠✡☪☯ॐ☸♈♉♊♋♌♍♎♏♐♑♒♓🙰🙵●🔾■□🞐❑❒⬧⧫◆❖⬥⌧⮹⌘🏵🏶🙶🙷 ",
    "▪⚪🞆🞈◉◎🔿▪◻🟂✦★✶✴✹✵⯐⌖⟡⌑⯑✪✰🕐🕑🕒🕓🕔🕕🕖🕗🕘🕙🕚🕛⮰⮱⮲⮳⮴⮵⮶⮷🙪🙫🙕🙔🙗🙖🙐🙑🙒🙓⌫⌦⮘⮚⮙⮛⮈⮊⮉⮋🡨🡪🡩🡫🡬🡭🡯🡮🡸🡺🡹🡻🡼🡽🡿🡾⇦⇨⇧⇩⬄⇳⬁⬀⬃⬂🢬🢭✗✓☒☑ ",
)
_OTHERS = {
    "wingdings 2": {0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0xA3: "☐", 0x2A: "☐", 0x98: "●"},
    "wingdings 3": {0x22: "←", 0x67: "▶", 0x68: "▲", 0x69: "▼", 0x7D: "▶", 0x75: "▶", 0x84: "◄", 0x70: "▲", 0x71: "▼"},
    "webdings": {0x61: "✓", 0x63: "☐", 0x67: "■", 0x72: "✗", 0x34: "▶", 0x33: "◀", 0x35: "▲", 0x36: "▼"},
}


def _table(low: str, high: str) -> dict[int, str]:
    return {**dict(enumerate(low, 0x20)), **dict(enumerate(high, 0xA0))}


# Signs that have a plainer form, which readers search and quote.
_PLAIN = {0x6F: "☐", 0x9E: "·", 0x9F: "•", 0xA8: "☐", 0xD8: "➢", 0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xE8: "➔"}
_FONTS = {"symbol": _table(*_SYMBOL), "wingdings": {**_table(*_WINGDINGS), **_PLAIN}, **_OTHERS}


def shown_symbols(text: str, font: str) -> str:
    """Text in a font as Unicode. What no table has stays as it is."""
    table = _FONTS.get(font.casefold().strip())
    return "".join(_shown(letter, table) for letter in text) if table else text


def _shown(letter: str, table: dict[int, str]) -> str:
    code = ord(letter) - 0xF000 if PRIVATE.match(letter) else ord(letter)
    return table.get(code, "").strip() or letter
