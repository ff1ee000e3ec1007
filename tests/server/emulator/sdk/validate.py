# pyright: basic, reportMissingImports=false
"""Validates replies against the models of whatever version of the official SDK is installed.

Each line of stdin is a JSON list of [model, reply], and is answered by a line: a JSON list of complaints for each of
them. The SDK itself takes every reply as it comes; here each value must be what its field says, and no field may be
unknown.
"""

import functools
import json
import sys

import pydantic
from anthropic import pagination, types
from anthropic.types import beta, messages

MODELS = {
    "error": types.ErrorResponse,
    "message": types.Message,
    "event": types.RawMessageStreamEvent,
    "count": types.MessageTokensCount,
    "batch": messages.MessageBatch,
    "batches": pagination.SyncPage[messages.MessageBatch],
    "result": messages.MessageBatchIndividualResponse,
    "deleted batch": messages.DeletedMessageBatch,
}
# Older versions know the shapes of the beta only, and newer ones those of today.
if hasattr(types, "FileMetadata"):
    MODELS |= {
        "error details": types.ErrorDetails,
        "file": types.FileMetadata,
        "files": pagination.SyncPageCursor[types.FileMetadata],
        "deleted file": types.DeletedFile,
    }
else:
    MODELS |= {
        "beta file": beta.FileMetadata,
        "beta files": pagination.SyncPage[beta.FileMetadata],
        "beta deleted file": beta.DeletedFile,
    }


@functools.cache
def adapter(model):
    return pydantic.TypeAdapter(MODELS[model])


def complaints(model, reply):
    try:
        adapter(model).validate_json(json.dumps(reply), strict=True, extra="forbid")
    except pydantic.ValidationError as exc:
        return [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in exc.errors()]
    return []


def main():
    for line in sys.stdin:
        print(json.dumps([complaints(model, reply) for model, reply in json.loads(line)]), flush=True)


if __name__ == "__main__":
    main()
