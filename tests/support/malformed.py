"""Messages that are malformed in one way each, for tests of every transport. Each has the id 7."""

__all__ = ["MALFORMED", "REPAIRED"]


def _call(arguments: bytes) -> bytes:
    return (
        b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"list_files","arguments":{"a":%b}}}'
        % arguments
    )


MALFORMED = {
    "NaN": (_call(b"NaN"), -32700),
    "Infinity": (_call(b"-Infinity"), -32700),
    "deep nesting": (_call(b"[" * 5000 + b"]" * 5000), -32700),
    "objects nested just too deeply": (_call(b'{"a":' * 250 + b"1" + b"}" * 250), -32700),
    "number of 5,000 digits": (_call(b"1" * 5000), -32700),
    "cut off": (_call(b'"text')[:-3], -32700),
    "text after it": (_call(b"1") + b"x", -32700),
    "NUL in a string": (_call(b'"a\0b"'), -32700),
    "NUL after it": (_call(b"1") + b"\0", -32700),
    "raw line end in a string": (_call(b'"a\rb"'), -32700),
    "invalid escape": (_call(b'"\\x41"'), -32700),
    "single quotes": (_call(b"'a'"), -32700),
    "trailing comma": (_call(b"[1,]"), -32700),
    "comment": (_call(b"1/* one */"), -32700),
    "leading zero": (_call(b"01"), -32700),
    "missing jsonrpc": (b'{"id":7,"method":"ping"}', -32600),
    "wrong jsonrpc": (b'{"jsonrpc":"1.0","id":7,"method":"ping"}', -32600),
    "jsonrpc as a number": (b'{"jsonrpc":2.0,"id":7,"method":"ping"}', -32600),
    "missing method": (b'{"jsonrpc":"2.0","id":7}', -32600),
    "method null": (b'{"jsonrpc":"2.0","id":7,"method":null}', -32600),
    "method as a number": (b'{"jsonrpc":"2.0","id":7,"method":5}', -32600),
    "method and result": (b'{"jsonrpc":"2.0","id":7,"method":"ping","result":{}}', -32600),
    "batch of one": (b'[{"jsonrpc":"2.0","id":7,"method":"ping"}]', -32600),
    "params as a list": (b'{"jsonrpc":"2.0","id":7,"method":"ping","params":[1]}', -32602),
    "params as a string": (b'{"jsonrpc":"2.0","id":7,"method":"ping","params":"x"}', -32602),
    "params as a number": (b'{"jsonrpc":"2.0","id":7,"method":"ping","params":0}', -32602),
}
"""By name: what is sent, and the code of the error that answers it."""


def _repaired(text: bytes) -> bytes:
    return _call(b"1").replace(b'"a":1', b"%b:%b" % (text, text))


REPAIRED = {
    "half an emoji": (_repaired(b'"\\ud83d"'), "\ufffd"),
    "the other half": (_repaired(b'"a\\uDE00"'), "a\ufffd"),
    "halves in the wrong order": (_repaired(b'"\\ude00\\ud83d"'), "\ufffd\ufffd"),
    "invalid UTF-8": (_repaired(b'"a\xffb"'), "a\ufffdb"),
    "half an emoji in UTF-8": (_repaired(b'"\xed\xa0\xbd"'), "\ufffd\ufffd\ufffd"),
    "byte order mark": (b"\xef\xbb\xbf" + _repaired(b'"a"'), "a"),
}
"""By name: what is sent, and the name and value of its argument as the server reads it."""
