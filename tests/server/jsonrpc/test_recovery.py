"""Ids are found in broken text, and never mistaken."""

from typing import Any

import pytest

from files_api_mcp.server.jsonrpc.recovery import MAX_MESSAGES, RecoveredId, recover_ids, to_id


def ids(text: bytes) -> list[Any]:
    return [message.id for message in recover_ids(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'{"jsonrpc":"2.0","id":7,"method":"too', [7]),
        (b'{"jsonrpc":"2.0","id":"a b","method":"x","params":{"a":NaN}}', ["a b"]),
        (b'{"params":{"id":1,"deep":[{"id":2}]},"id":3,', [3]),
        (b'{"params":' + b"[" * 100_000 + b"]" * 100_000 + b',"id":4}', [4]),
        (b'{"params":{"a":"} \\" {\\\\"},"id":5 oops', [5]),
        (b'\xef\xbb\xbf{"id":6,"a":\xff\x00}', [6]),
        (b'{"i\\u0064":7,"a":nope}', [7]),
        (b'{"id":"\\ud83d","a":nope}', ["\ufffd"]),
        (b'{"id":1,"a":nope,"id":2}', [1]),
        (b'{"id":null,"id":1,"a":nope}', [1]),
        (b'{"method":"id":5,"id":1,', [1]),
        (b'{"method":"x" "id":1,', [1]),
        (b'{"id":1,"a":"id":,', [1]),
        (b'{"id":1.0,"a":nope}', [1]),
        (b'{"id":-5 ,"a":nope}', [-5]),
        (b'{"id":1}{"id":2}', [1, 2]),
        (b'[{"id":1,"params":{"id":9}},{"id":"b"},{"id":3,"meth', [1, "b", 3]),
        (b'[[{"id":1}],{"id":2},nope', [2]),
        (b']]}{"id":8,', [8]),
    ],
)
def test_the_ids_of_messages_are_found(text: bytes, expected: list[Any]) -> None:
    assert ids(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        b'{"id":12',  # Digits may be missing.
        b'{"id":"abc',
        b'{"id":007,"a":1}',
        b'{"id":12x,"a":1}',
        b'{"id":true,"a":nope}',
        b'{"id":null,"a":nope}',
        b'{"id":{"id":1},"a":nope}',
        b'{"id":' + b"9" * 5000 + b',"a":nope}',
        b'{"id":1e999,"a":nope}',
        b'{"id":1.5,"a":nope}',
        b'{"a":{"id":1},"b":nope}',
        b'{"a":"\\"id\\":1,","b":nope}',
        b'{"a":"text that does not end "id":1,}'.replace(b'"id"', b'\\"id\\"'),
        b'{"x":"id","y":5,',
        b'"id":1,',
    ],
)
def test_nothing_else_is_taken_for_an_id(text: bytes) -> None:
    assert [found for found in ids(text) if found is not None] == []


@pytest.mark.parametrize("kind", [b'"result":{"a":NaN}', b'"error":NaN'])
def test_the_id_of_a_response_is_not_the_clients(kind: bytes) -> None:
    """It names a request of the server, and the client may have one with the same id."""
    assert recover_ids(b'{"id":1,' + kind) == [RecoveredId(1, is_response=True)]
    assert recover_ids(b'{"id":1,"method":"x",' + kind) == [RecoveredId(1)]
    assert recover_ids(b'{"id":1,' + kind + b',"method":"x"') == [RecoveredId(1)]


@pytest.mark.parametrize(
    "text",
    [b"[]" * 1000, b'"\\n"' * 1000, b'\\"' * 1000, b'"id":1,' * 1000, b'{"id":1,' * 1000, b'"' * 1001, b"[{" * 1000],
)
def test_work_grows_with_the_text(text: bytes) -> None:
    """A backtracking pattern would take minutes for these."""
    recover_ids(b'{"a":' + text * 200)


def test_the_number_of_messages_is_limited() -> None:
    assert len(recover_ids(b'{"id":1}' * (MAX_MESSAGES + 500))) == MAX_MESSAGES + 1


@pytest.mark.parametrize(
    ("value", "expected"),
    [("", ""), ("a", "a"), (0, 0), (1.0, 1), (1.5, None), (float("inf"), None), (True, None), (None, None), ([], None)],
)
def test_an_id_is_a_string_or_an_integer(value: object, expected: object) -> None:
    found = to_id(value)
    assert found == expected
    assert type(found) is type(expected)
