"""Whatever a client sends becomes a message or one error for each readable id."""

import json
from typing import Any

import pytest
from mcp.types import JSONRPCError, JSONRPCNotification, JSONRPCRequest, JSONRPCResponse, jsonrpc_message_adapter
from pydantic_core import to_json

from files_api_mcp.server.jsonrpc.incoming import MAX_BYTES, read_line, read_message
from files_api_mcp.server.jsonrpc.recovery import MAX_MESSAGES
from tests.support.malformed import MALFORMED, REPAIRED


@pytest.mark.parametrize(("sent", "code"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_message_gets_an_error_with_its_id(sent: bytes, code: int) -> None:
    incoming = read_message(sent)
    assert incoming.message is None
    assert [(error.id, error.error.code) for error in incoming.errors] == [(7, code)]


@pytest.mark.parametrize(("sent", "argument"), REPAIRED.values(), ids=REPAIRED)
def test_a_message_with_invalid_text_is_read(sent: bytes, argument: str) -> None:
    incoming = read_message(sent)
    assert incoming.errors == ()
    assert isinstance(incoming.message, JSONRPCRequest)
    assert incoming.message.params == {"name": "list_files", "arguments": {argument: argument}}


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"", -32700),
        (b"nonsense", -32700),
        (b'{"jsonrpc":"2.0","id":12', -32700),
        (b"9" * 5000, -32700),
        (b"5", -32600),
        (b'"id"', -32600),
        (b"[]", -32600),
        (b"[1,2]", -32600),
        (b'[{"jsonrpc":"2.0","method":"x"}]', -32600),
        (b"{}", -32600),
        (b'{"jsonrpc":"2.0"}', -32600),
        (b'{"jsonrpc":"2.0","id":null,"method":"x"}', -32600),
        (b'{"jsonrpc":"2.0","id":true,"method":"x"}', -32600),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"x"}', -32600),
        (b'{"jsonrpc":"2.0","id":[1],"method":"x"}', -32600),
        (b'{"jsonrpc":"2.0","id":1e999,"method":"x"}', -32600),
        (b'{"method":"notifications/initialized"}', -32600),
        (b'{"jsonrpc":"2.0","method":"x","params":[]}', -32602),
        (b'{"jsonrpc":"2.0","result":{}}', -32600),
    ],
)
def test_without_a_readable_id_there_is_one_error_with_a_null_id(sent: bytes, code: int) -> None:
    incoming = read_message(sent)
    assert incoming.message is None
    (error,) = incoming.errors
    assert (error.id, error.error.code) == (None, code)
    assert b'"id":null' in error.model_dump_json(exclude_unset=True).encode()


def test_each_id_of_a_batch_gets_one_error() -> None:
    sent = b'[{"id":1,"method":"a"},{"id":"b"},{"id":1},{"method":"c"},{"id":2,"result":{}},{"id":null},5]'
    for text in (sent, sent[:-1]):
        assert [error.id for error in read_message(text).errors] == [1, "b"]


def test_too_many_messages_get_one_error_together() -> None:
    batch = b"[" + b",".join(b'{"id":%d}' % number for number in range(MAX_MESSAGES + 1)) + b"]"
    for text in (batch, batch[:-1]):
        assert [error.id for error in read_message(text).errors] == [None]
        assert (
            len(read_message(text.replace(b',{"id":0}', b"", 1).replace(b'{"id":0},', b"", 1)).errors) == MAX_MESSAGES
        )


def test_a_message_beyond_the_limit_gets_an_error_with_its_id() -> None:
    (error,) = read_message(b'{"jsonrpc":"2.0","id":7,"method":"x","params":{"a":"' + b"x" * MAX_BYTES).errors
    assert (error.id, error.error.code) == (7, -32600)
    assert error.error.message == "The message is larger than 4 MiB."


def test_errors_say_what_is_wrong() -> None:
    assert read_message(MALFORMED["deep nesting"][0]).errors[0].error.message == "The message is nested too deeply."
    message = read_message(MALFORMED["number of 5,000 digits"][0]).errors[0].error.message
    assert message == "A number in the message has too many digits."


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":null}', JSONRPCRequest),
        (b'{"jsonrpc":"2.0","id":"","method":"ping","more":1}', JSONRPCRequest),
        (b'{"jsonrpc":"2.0","method":"notifications/initialized"}', JSONRPCNotification),
        (b'{"jsonrpc":"2.0","id":1,"result":{}}', JSONRPCResponse),
        (b'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}}', JSONRPCError),
    ],
)
def test_valid_messages_are_read_as_the_sdk_reads_them(sent: bytes, kind: type) -> None:
    incoming = read_message(sent)
    assert type(incoming.message) is kind
    assert incoming.message == jsonrpc_message_adapter.validate_json(sent)
    assert incoming.errors == ()


def test_an_integer_written_as_a_decimal_is_an_id() -> None:
    message = read_message(b'{"jsonrpc":"2.0","id":1.0,"method":"ping"}').message
    assert isinstance(message, JSONRPCRequest)
    assert to_json(message.id) == b"1"


@pytest.mark.parametrize(
    "sent",
    [
        b'{"jsonrpc":"2.0","id":3,"result":5}',
        b'{"jsonrpc":"2.0","id":3,"result":{},"error":{"code":1,"message":"x"}}',
        b'{"jsonrpc":"2.0","id":3,"error":"x"}',
        b'{"id":3,"result":{}}',
        b'{"jsonrpc":"2.0","id":3,"result":{"a":NaN}}',
    ],
)
def test_a_malformed_response_fails_the_call_that_waits_for_it(sent: bytes) -> None:
    incoming = read_message(sent)
    assert isinstance(incoming.message, JSONRPCError)
    assert incoming.message.id == 3
    assert [error.id for error in incoming.errors] == [None]


@pytest.mark.parametrize("line", [b"\n", b" \r\n", b"\xef\xbb\xbf\n", b"\t \n"])
def test_a_blank_line_holds_nothing(line: bytes) -> None:
    assert read_line(line) == []


def test_a_carriage_return_ends_a_message_or_is_a_blank_in_it() -> None:
    def request(number: int, blank: str = "") -> bytes:
        return f'{{"jsonrpc":"2.0",{blank}"id":{number},"method":"ping"}}'.encode()

    def found(line: bytes) -> list[Any]:
        return [
            incoming.message.id if isinstance(incoming.message, JSONRPCRequest) else [e.id for e in incoming.errors]
            for incoming in read_line(line)
        ]

    assert found(request(1) + b"\r\n") == [1]
    assert found(request(1) + b"\r" + request(2) + b"\r\r" + request(3) + b"\n") == [1, 2, 3]
    assert found(request(1, "\r") + b"\n") == [1]
    assert found(request(1) + b"\rnonsense\n") == [[1]]
    assert found(b"\r".join([b"1"] * 100_000)) == [[None]]


def test_members_with_one_name_count_once() -> None:
    message = read_message(b'{"jsonrpc":"2.0","id":1,"method":"a","method":"b","id":2}').message
    assert isinstance(message, JSONRPCRequest)
    assert (message.id, message.method) == (2, "b")


def test_halves_of_one_pair_are_joined() -> None:
    text = json.dumps("\U0001f600 \\ud83d").encode()
    message = read_message(b'{"jsonrpc":"2.0","id":1,"method":%b,"params":{"a":"\\ud83d"}}' % text).message
    assert isinstance(message, JSONRPCRequest)
    assert message.method == "\U0001f600 \\ud83d"
    assert message.params == {"a": "\ufffd"}
