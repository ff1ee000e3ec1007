"""Pictures that are too large for the model, and answers that are too long for a host."""

import base64
import io
from typing import Any

import pytest
from PIL import Image

from files_api_mcp.backends.tokens import estimate_tokens
from tests.backends.anthropic.answers.conftest import World
from tests.backends.documents.test_media_types import picture
from tests.support.agent import text_of
from tests.support.scripted_api import refusing, saying

pytestmark = pytest.mark.anyio

BELL = "Its bell was cast in 1871 by the Lyse foundry."


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


TOO_LARGE = [
    refusing("No.", error_code="image_dimensions_too_large", max_side_length_pixels=2000, paths=["messages.0"]),
    refusing("messages.0.content.0.image.source: image dimensions exceed max allowed size: 8000 pixels"),
]


@pytest.mark.parametrize("refusal", TOO_LARGE, ids=["code", "text"])
async def test_pictures_that_are_too_large_are_sent_once_more_as_smaller_copies(world: World, refusal: Any) -> None:
    large = await world.agent.upload("large.png", picture_of(2400, 20))
    small = await world.agent.upload("small.png", picture("PNG"))
    note = await world.agent.upload("quay.txt", BELL)
    asked = len(world.api.bodies)
    world.api.says = [refusal]
    answer = await world.ask("When was the bell cast?", large, small, note)
    assert len(world.api.bodies) == asked + 2
    first, second, third, _ = world.api.blocks
    assert first["source"]["type"] == "base64"
    shown = Image.open(io.BytesIO(base64.b64decode(first["source"]["data"])))
    assert (shown.format, shown.size) == (first["source"]["media_type"].removeprefix("image/").upper(), (1568, 13))
    assert [block["source"]["file_id"] for block in (second, third)] == [small["file_id"], note["file_id"]]
    assert answer["notes"] == ["Too large for the model, so it saw smaller copies: large.png."]
    assert [passage["filename"] for passage in answer["passages"]] == ["quay.txt"]
    assert answer["usage"]["cost_usd"] < 0.1


async def test_pictures_that_stay_too_large_are_an_error_with_the_next_step(world: World) -> None:
    large = await world.agent.upload("larger.png", picture_of(2400, 30))
    asked = len(world.api.bodies)
    for files, times in (([large], 2), ([await world.agent.upload("small.png", picture("PNG"))], 1)):
        world.api.says = [TOO_LARGE[0]] * times
        ids = [file["file_id"] for file in files]
        text = await world.agent.error("ask_document", question="What is to be seen?", file_ids=ids)
        asked += times
        assert len(world.api.bodies) == asked
        assert text == (
            "[invalid_argument] A picture is too large for the model. "
            "Store a smaller version of the picture, or ask about fewer pictures at once."
        )


PAID = [
    ("\x01" * 70_000, "harbour " * 300),
    ("The bell rings. " * 30_000, ""),
    ("\u6f22" * 60_000, "\u6f22" * 8_000),
    ('"\\' * 60_000, '"\\' * 9_000),
    ("Short.", '"' * 60_000),
]


@pytest.mark.parametrize(("said", "quoted"), PAID, ids=["control", "long", "wide", "escaped", "passages"])
async def test_a_paid_answer_is_cut_to_fit_and_never_lost(world: World, said: str, quoted: str) -> None:
    lines = [f"{number} {quoted}" for number in range(6)]
    file = await world.agent.upload("paid.txt", "\n".join(lines))
    text = "\n".join(lines)
    spans = [(text.index(line), text.index(line) + len(line)) for line in lines]
    cited = [
        {
            "type": "char_location",
            "cited_text": text[a:b],
            "document_index": 0,
            "start_char_index": a,
            "end_char_index": b,
        }
        for a, b in spans
    ]
    world.api.says = [saying({"type": "text", "text": said, "citations": cited})]
    result = await world.agent.call("ask_document", question="Bell?", file_ids=[file["file_id"]], max_tokens=20_000)
    assert not result.is_error, text_of(result)
    answer = result.structured_content
    assert answer is not None
    assert len(result.model_dump_json(by_alias=True, exclude_none=True).encode()) < 1_000_000
    assert estimate_tokens(text_of(result)) <= 25_000
    assert said.startswith(answer["answer"].partition(" ...")[0].partition(" [1]")[0])
    assert len(answer["answer"]) >= min(len(said), 4_000)
    assert answer["usage"]["passages"] == len(answer["passages"])
    assert answer["usage"]["cost_usd"] > 0
    assert answer["notes"]
    assert all(passage["text"] in text for passage in answer["passages"])


def picture_of(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).save(out, "PNG")
    return out.getvalue()
