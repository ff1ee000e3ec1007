"""The API that the emulator serves, as an OpenAPI 3.1 description that a generator of requests can read."""

from typing import Any

__all__ = ["description"]

Schema = dict[str, Any]

TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"}
TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
FILE_KEYS: Schema = {
    "id": {"type": "string", "pattern": "^file_"},
    "type": {"const": "file"},
    "filename": {"type": "string", "minLength": 1, "maxLength": 255},
    "mime_type": {"type": "string", "minLength": 1},
    "size_bytes": COUNT,
    "created_at": TIME,
    "downloadable": {"type": "boolean"},
}


def closed(properties: Schema, *optional: str) -> Schema:
    """An object with these properties and no others."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def array(items: Schema, **bounds: int) -> Schema:
    return {"type": "array", "items": items, **bounds}


def nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


ERROR_TYPES = "invalid_request_error authentication_error permission_error not_found_error conflict_error".split()
ERROR = closed(
    {
        "type": {"const": "error"},
        "error": closed(
            {
                "type": {"enum": [*ERROR_TYPES, "request_too_large"]},
                "message": {"type": "string", "minLength": 1},
                "details": {"type": "object"},
            },
            "details",
        ),
        "request_id": {"type": "string", "pattern": "^req_"},
    }
)
NEW_FILE = closed({**FILE_KEYS, "expires_at": nullable(TIME)})
OLD_FILE = closed(FILE_KEYS)
FILE = {"anyOf": [NEW_FILE, OLD_FILE]}
FILES = {
    "anyOf": [
        closed({"data": array(NEW_FILE), "next_page": nullable({"type": "string", "pattern": "^page_"})}),
        closed(
            {"data": array(OLD_FILE), "has_more": {"type": "boolean"}}
            | {"first_id": nullable(TEXT), "last_id": nullable(TEXT)}
        ),
    ]
}
CITATION = {
    "type": "object",
    "properties": {
        "type": {"enum": ["char_location", "page_location", "content_block_location", "search_result_location"]},
        "cited_text": {"type": "string", "minLength": 1},
    },
    "required": ["type", "cited_text"],
}
MESSAGE = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "pattern": "^msg_"},
        "type": {"const": "message"},
        "role": {"const": "assistant"},
        "model": TEXT,
        "content": array(
            {
                "type": "object",
                "properties": {"type": {"const": "text"}, "text": TEXT, "citations": array(CITATION)},
                "required": ["type", "text"],
            }
        ),
        "stop_reason": {"enum": ["end_turn", "max_tokens", "stop_sequence", "refusal"]},
        "stop_sequence": nullable(TEXT),
        "usage": {
            "type": "object",
            "properties": {"input_tokens": COUNT, "output_tokens": COUNT},
            "required": ["input_tokens", "output_tokens"],
        },
    },
    "required": ["id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"],
}
KINDS_OF_COUNT = "processing succeeded errored canceled expired".split()
BATCH = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "pattern": "^msgbatch_"},
        "type": {"const": "message_batch"},
        "processing_status": {"enum": ["in_progress", "canceling", "ended"]},
        "request_counts": closed(dict.fromkeys(KINDS_OF_COUNT, COUNT)),
        "results_url": nullable(TEXT),
        "ended_at": nullable(TEXT),
    },
    "required": ["id", "type", "processing_status", "request_counts", "results_url", "ended_at", "expires_at"],
}
BATCHES = closed(
    {"data": array(BATCH), "has_more": {"type": "boolean"}, "first_id": nullable(TEXT), "last_id": nullable(TEXT)}
)

CACHED = {"cache_control": closed({"type": {"const": "ephemeral"}, "ttl": {"enum": ["5m", "1h"]}}, "ttl")}
TEXT_BLOCK = closed({"type": {"const": "text"}, "text": TEXT, **CACHED}, "cache_control")


def file_source(file_id: Schema) -> Schema:
    return closed({"type": {"const": "file"}, "file_id": file_id})


def document_schema(file_id: Schema) -> Schema:
    """The shortest document block."""
    return closed({"type": {"const": "document"}, "source": file_source(file_id)})


def block_schemas(file_id: Schema) -> Schema:
    """Every block that a user's message may hold."""
    sources = [
        file_source(file_id),
        closed({"type": {"const": "text"}, "media_type": {"const": "text/plain"}, "data": TEXT}),
        closed({"type": {"const": "content"}, "content": {"anyOf": [TEXT, array(TEXT_BLOCK, maxItems=3)]}}),
        closed({"type": {"const": "base64"}, "media_type": {"const": "application/pdf"}, "data": TEXT}),
    ]
    more = {"title": nullable(TEXT), "context": nullable(TEXT), "citations": closed({"enabled": {"type": "boolean"}})}
    document = {"type": {"const": "document"}, "source": {"anyOf": sources}, **more, **CACHED}
    image = {"type": {"const": "image"}, "source": file_source(file_id), **CACHED}
    upload = {"type": {"const": "container_upload"}, "file_id": file_id}
    return {
        "anyOf": [
            TEXT_BLOCK,
            closed(document, "title", "context", "citations", "cache_control"),
            closed(image, "cache_control"),
            closed(upload),
        ]
    }


def question_schema(file_id: Schema) -> Schema:
    """A Messages request."""
    content = {"anyOf": [TEXT, array(block_schemas(file_id), maxItems=4)]}
    properties = {
        "model": {"enum": ["claude-sonnet-5-5", "claude-opus-5-5"]},
        "messages": array(closed({"role": {"enum": ["user", "assistant"]}, "content": content}), maxItems=4),
        "max_tokens": {"type": "integer", "minimum": 1, "maximum": 100_000},
        "system": {"anyOf": [TEXT, array(TEXT_BLOCK, maxItems=2)]},
        "stream": {"type": "boolean"},
        "stop_sequences": array(TEXT, maxItems=3),
    }
    return {"type": "object", "properties": properties, "required": ["model", "messages", "max_tokens"]}


def parameter(place: str, name: str, schema: Schema) -> Schema:
    return {"in": place, "name": name, "schema": schema, "required": place == "path" or name == "anthropic-version"}


def operation(answer: Schema, *parameters: Schema, body: Schema | None = None, sent_as: str = "") -> Schema:
    """An operation with one good answer by content type; every other answer is the envelope of an error."""
    headers = {"request-id": {"required": True, "schema": {"type": "string", "pattern": "^req_"}}}

    def response(content: Schema) -> Schema:
        return {"description": "", "headers": headers, "content": {k: {"schema": v} for k, v in content.items()}}

    version = parameter("header", "anthropic-version", {"enum": ["2023-06-01", "2026-10-21"]})
    described: Schema = {
        "parameters": [version, *parameters],
        "responses": {"200": response(answer), "4XX": response({"application/json": ERROR})},
    }
    if body:
        described["requestBody"] = {"required": True, "content": {sent_as or "application/json": {"schema": body}}}
    return described


def description(file_ids: list[str], batch_ids: list[str]) -> Schema:
    """The whole API; the ids are of things that exist, so that generated requests also meet some."""
    file_id: Schema = {"anyOf": [{"enum": file_ids}, {"type": "string", "minLength": 1, "pattern": "^file_"}, TEXT]}
    batch_id: Schema = {"anyOf": [{"enum": batch_ids}, {"type": "string", "minLength": 1}]}
    old = parameter("header", "anthropic-beta", {"enum": ["files-api-2025-04-14"]})
    the_file = parameter("path", "file_id", file_id)
    the_batch = parameter("path", "batch_id", batch_id)
    limit = parameter("query", "limit", {"type": "integer", "minimum": 1, "maximum": 1000})
    cursors = [parameter("query", name, file_id) for name in ("before_id", "after_id")]
    pages = [parameter("query", "page", TEXT), parameter("query", "ids[]", array(file_id, maxItems=101))]
    upload = closed(
        {
            "file": {"type": "string", "format": "binary"},
            "expires_in_seconds": {"type": "integer", "minimum": 3600, "maximum": 7_776_000},
        },
        "expires_in_seconds",
    )
    # Every variety of a question is tried at Messages; elsewhere a few are enough.
    text_or_document = {"anyOf": [TEXT, array(document_schema(file_id), maxItems=2)]}
    brief = {
        "model": {"const": "claude-sonnet-5-5"},
        "messages": array(closed({"role": {"const": "user"}, "content": text_or_document}), maxItems=2),
    }
    params = closed({**brief, "max_tokens": {"type": "integer", "minimum": 1}})
    one = closed({"custom_id": {"type": "string", "minLength": 1, "maxLength": 64}, "params": params})
    results: Schema = {kind: {} for kind in ("application/x-jsonl", "application/jsonl", "application/binary")}

    def json_answer(schema: Schema) -> Schema:
        return {"application/json": schema}

    def deleted(kind: str) -> Schema:
        return json_answer(closed({"id": TEXT, "type": {"const": kind}}))

    answer = {"application/json": MESSAGE, "text/event-stream": {}}
    paths = {
        "/v1/files": {
            "get": operation(json_answer(FILES), limit, *cursors, *pages, old),
            "post": operation(json_answer(FILE), old, body=upload, sent_as="multipart/form-data"),
        },
        "/v1/files/{file_id}": {
            "get": operation(json_answer(FILE), the_file, old),
            "delete": operation(deleted("file_deleted"), the_file, old),
        },
        "/v1/files/{file_id}/content": {"get": operation({"application/octet-stream": {}}, the_file, old)},
        "/v1/messages": {"post": operation(answer, body=question_schema(file_id))},
        "/v1/messages/count_tokens": {
            "post": operation(json_answer(closed({"input_tokens": COUNT})), body=closed(brief))
        },
        "/v1/messages/batches": {
            "get": operation(json_answer(BATCHES), limit, *cursors),
            "post": operation(json_answer(BATCH), body=closed({"requests": array(one, maxItems=3)})),
        },
        "/v1/messages/batches/{batch_id}": {
            "get": operation(json_answer(BATCH), the_batch),
            "delete": operation(deleted("message_batch_deleted"), the_batch),
        },
        "/v1/messages/batches/{batch_id}/cancel": {"post": operation(json_answer(BATCH), the_batch)},
        "/v1/messages/batches/{batch_id}/results": {"get": operation(results, the_batch)},
    }
    return {"openapi": "3.1.0", "info": {"title": "Files API emulator", "version": "1"}, "paths": paths}
