"""Requests that no client should send, each under the name of what is wrong with it."""

import json

from tests.server.emulator.sdk.running import BOUNDARY

__all__ = ["BODIES", "CONTENT_TYPES", "END", "GET", "JSON_BODIES", "POST", "QUERIES", "REQUESTS", "WHOLE"]


def part(disposition: bytes, *headers: bytes, content: bytes = b"words") -> bytes:
    lines = [b"--" + BOUNDARY.encode(), b"Content-Disposition: " + disposition, *headers, b"", content, b""]
    return b"\r\n".join(lines)


FILE = b'form-data; name="file"; filename="a.txt"'
PLAIN = b"Content-Type: text/plain"
END = f"--{BOUNDARY}--\r\n".encode()
EXPIRES = b'form-data; name="expires_in_seconds"'
WHOLE = part(FILE, PLAIN)
BODIES = {
    "nothing": b"",
    "only the end": END,
    "no end": WHOLE,
    "cut in the boundary": WHOLE + END[:7],
    "cut in the headers": WHOLE[:60],
    "another boundary": WHOLE.replace(b"a-boundary", b"b-boundary") + END,
    "line feeds alone": WHOLE.replace(b"\r\n", b"\n") + END,
    "no disposition": b"--" + BOUNDARY.encode() + b"\r\n\r\nwords\r\n" + END,
    "no name": part(b"form-data", PLAIN) + END,
    "not form-data": part(b'attachment; filename="a.txt"', PLAIN) + END,
    "another name": part(b'form-data; name="document"; filename="a.txt"', PLAIN) + END,
    "two files": WHOLE + WHOLE + END,
    "two expiries": part(EXPIRES, content=b"3600") + part(EXPIRES, content=b"7200") + WHOLE + END,
    "an expiry that is a file": part(EXPIRES + b'; filename="x"', content=b"3600") + WHOLE + END,
    "an expiry of other digits": part(EXPIRES, content="３６００".encode()) + WHOLE + END,
    "an endless expiry": part(EXPIRES, content=b"9" * 3_000_000) + WHOLE + END,
    "a file that is a field": part(b'form-data; name="file"') + END,
    "an unterminated name": part(b'form-data; name="file"; filename="a.txt', PLAIN) + END,
    "a name with a NUL": part(b'form-data; name="file"; filename="a\x00.txt"', PLAIN) + END,
    "a name that is no UTF-8": part(b'form-data; name="file"; filename="\xff\xfe.txt"', PLAIN) + END,
    "a name with a charset": part(FILE + b"; filename*=UTF-8''%E2%82%AC%00.txt", PLAIN) + END,
    "only a path": part(b'form-data; name="file"; filename="a/b/"', PLAIN) + END,
    "dots": part(b'form-data; name="file"; filename=".."', PLAIN) + END,
    "a type that is none": part(FILE, b"Content-Type: \xff\x00;;;=") + END,
    "an endless type": part(FILE, b"Content-Type: text/" + b"x" * 5000) + END,
    "an encoding": part(FILE, PLAIN, b"Content-Transfer-Encoding: base64", content=b"!!!") + END,
    "a huge header": part(FILE, b"X-Long: " + b"x" * 2_000_000) + END,
    "many headers": part(FILE, *[b"X-Many: y"] * 5000) + END,
    "many parts": part(b'form-data; name="x"') * 5000 + WHOLE + END,
    "a long preamble": b"junk\r\n" * 100_000 + WHOLE + END,
    "a long epilogue": WHOLE + END + b"junk\r\n" * 100_000,
    "no content": part(FILE, PLAIN, content=b"") + END,
}

CONTENT_TYPES = [
    "",
    ";",
    "=;=",
    "é/é",
    "text/plain",
    "application/json",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=\xff",
    f'multipart/form-data; boundary="{BOUNDARY}',
    f"multipart/form-data; boundary={'x' * 5000}",
    f"multipart/mixed; boundary={BOUNDARY}",
    f"MULTIPART/FORM-DATA; BOUNDARY={BOUNDARY}",
]

QUERIES = [
    *"limit=%FF limit=+5 limit=1_0 limit=%EF%BC%95 limit=5&limit=6 limit=5.0 limit=1e2 limit=0x5 limit=%005".split(),
    *"limit ids[]= ids[]&ids[] ids[] page= page=page_ page=page_%00 page=page_AAAA page=page_%F0%9F&&&=&= %=%%".split(),
    "page=page_" + "A" * 30_000,
    "&".join(["ids[]=file_1"] * 3000),
]

DEEP = 200_000
JSON_BODIES = {
    "nothing": b"",
    "an array": b"[]",
    "null": b"null",
    "cut": b'{"model": "claude',
    "no UTF-8": b'{"model": "\xff\xfe"}',
    "UTF-16": '{"model": "x"}'.encode("utf-16"),
    "a mark": b'\xef\xbb\xbf{"model": "x"}',
    "NaN": b'{"model": "x", "max_tokens": NaN, "messages": []}',
    "infinity": b'{"model": "x", "max_tokens": 1e999, "messages": []}',
    "a huge integer": b'{"model": "x", "messages": [], "max_tokens": ' + b"9" * 100_000 + b"}",
    "deep arrays": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "deep and cut": b'{"messages":' + b"[" * DEEP,
    "deep inside": b'{"model": "x", "max_tokens": 5, "messages": ' + b"[" * 900 + b"]" * 900 + b"}",
    "deep content": b'{"model":"claude-sonnet-5-5","max_tokens":5,"messages":[{"role":"user","content":'
    + b'[{"type":"tool_result","tool_use_id":"x","content":' * 300
    + b'"x"'
    + b"}]" * 300
    + b"}]}",
    "twice the same key": b'{"model": "x", "model": 5, "messages": [], "messages": {}}',
    "many messages": json.dumps(
        {"model": "x", "max_tokens": 5, "messages": [{"role": "user", "content": "?"}] * 20_000}
    ).encode(),
}

GET = b"GET /v1/files HTTP/1.1\r\nHost: x\r\nX-Api-Key: sk-raw\r\nAnthropic-Version: 2023-06-01\r\n"
POST = b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nX-Api-Key: sk-raw\r\nContent-Type: application/json\r\n"
REQUESTS = {
    "no HTTP": b"hello\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100 + b"\r\n\r\n",
    "zeroes": b"\x00" * 1000 + b"\r\n\r\n",
    "another version": GET.replace(b"HTTP/1.1", b"HTTP/9.9") + b"\r\n",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n{}",
    "a length in words": POST + b"Content-Length: two\r\n\r\n{}",
    "a length of many digits": POST + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n{}",
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a list of lengths": POST + b"Content-Length: 2, 3\r\n\r\n{}",
    "a bad chunk": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "an endless chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n{}",
    "an unknown transfer": POST + b"Transfer-Encoding: nonsense\r\n\r\n{}",
    "a header with a NUL": GET + b"X-Odd: a\x00b\r\n\r\n",
    "a header without a colon": GET + b"nonsense\r\n\r\n",
    "a name with a space": GET + b"X Odd: a\r\n\r\n",
    "a huge header": GET + b"X-Long: " + b"x" * 1_000_000 + b"\r\nConnection: close\r\n\r\n",
    "many headers": GET + b"X-Many: y\r\n" * 20_000 + b"Connection: close\r\n\r\n",
    "a long target": b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "junk behind": GET + b"\r\n" + b"junk\r\n\r\n" * 100,
    "no length": POST + b"Connection: close\r\n\r\n{}",
    "an upgrade": GET + b"Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
}
