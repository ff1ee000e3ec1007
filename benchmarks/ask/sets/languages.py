"""Ten languages: the questions of XQuAD about its articles, joined to four documents a language.

XQuAD (CC BY-SA 4.0) is not part of this project: clone its repository and name the folder.
"""

import json
import random
from pathlib import Path
from typing import Any

from benchmarks.ask.sets.writer import SEED, SetWriter, Span

__all__ = ["LANGUAGES", "write_languages"]

LANGUAGES = ("ar", "de", "el", "es", "hi", "ru", "th", "tr", "vi", "zh")
_ARTICLES = 12
_EACH = 100


def write_languages(folder: Path, xquad: Path, seed: int = SEED) -> Path:
    """Write a set for each language of the clone; returns the folder that they are in."""
    for language in LANGUAGES:
        articles = json.loads((xquad / f"xquad.{language}.json").read_text(encoding="utf-8"))["data"]
        _write_language(folder, language, articles, seed)
    return folder / "languages"


def _write_language(folder: Path, language: str, articles: list[dict[str, Any]], seed: int) -> None:
    writer = SetWriter(folder / "languages", f"lang-{language}")
    asked: list[tuple[str, str, Span]] = []
    for first in range(0, len(articles), _ARTICLES):
        text = ""
        name = f"{language}-{first // _ARTICLES + 1}.txt"
        for paragraph in (one for article in articles[first : first + _ARTICLES] for one in article["paragraphs"]):
            for question in paragraph["qas"]:
                start = len(text) + question["answers"][0]["answer_start"]
                asked.append((name, question["question"], (start, start + len(question["answers"][0]["text"]))))
            text += paragraph["context"] + "\n\n"
        writer.document(name, text)
    for name, question, span in random.Random(seed).sample(asked, _EACH):
        writer.question(f"docs/{name}", question, [span])
    writer.save()
