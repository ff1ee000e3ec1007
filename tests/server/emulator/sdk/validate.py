# pyright: basic, reportMissingImports=false
"""Validates replies against the models of whatever version of the official SDK is installed: `validate.py REPLIES`.

REPLIES names a JSON file with a list of [model, reply]. Prints a JSON list of complaints for each of them. The SDK
itself takes every reply as it comes; here each value must be what its field says, and no field may be unknown.
"""

import json
import sys
from pathlib import Path

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


def complaints(model, reply):
    try:
        pydantic.TypeAdapter(MODELS[model]).validate_json(json.dumps(reply), strict=True, extra="forbid")
    except pydantic.ValidationError as exc:
        return [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in exc.errors()]
    return []


def main():
    replies = json.loads(Path(sys.argv[1]).read_text())
    print(json.dumps([complaints(model, reply) for model, reply in replies]))


if __name__ == "__main__":
    main()
