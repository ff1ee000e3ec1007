# pyright: basic, reportMissingImports=false
"""Requests that API version 2026-10-21 rejects and the one before accepts, and requests that both reject."""

from anthropic import BadRequestError
from api import refusal, settled
from check_messages import TEXT, asked, document


async def judged(api, request):
    """Send a request that the newest version must refuse and the one before it must take."""
    if api.newest_version:
        await refusal(BadRequestError, lambda: api.messages.create(**request))
    else:
        assert (await settled(api.messages.create(**request))).type == "message"


async def sampling_parameters_are_gone(api):
    for name, value in (("temperature", 0.5), ("top_p", 0.9), ("top_k", 5)):
        await judged(api, {**asked(), "extra_body": {name: value}})


async def documents_are_the_users(api):
    source = {"type": "text", "media_type": "text/plain", "data": TEXT}
    request = asked()
    request["messages"][:0] = [
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "content": [{"type": "document", "source": source}]},
    ]
    await judged(api, request)


async def citations_are_the_assistants(api):
    location = {"type": "char_location", "cited_text": TEXT[:5], "document_index": 0, "document_title": None}
    citation = {**location, "start_char_index": 0, "end_char_index": 5}
    notes = await api.upload("notes.txt", TEXT)
    await judged(api, asked(document(notes.id), {"type": "text", "text": "See this.", "citations": [citation]}))
    none = asked(document(notes.id), {"type": "text", "text": "See this.", "citations": []})
    assert (await settled(api.messages.create(**none))).type == "message"


async def citations_exclude_structured_outputs(api):
    notes = await api.upload("notes.txt", TEXT)
    schema = {"type": "object", "properties": {}, "additionalProperties": False}
    output = {"output_config": {"format": {"type": "json_schema", "schema": schema}}}
    request = {**asked(document(notes.id)), "extra_body": output}
    await refusal(BadRequestError, lambda: api.messages.create(**request))


CHECKS = [
    sampling_parameters_are_gone,
    documents_are_the_users,
    citations_are_the_assistants,
    citations_exclude_structured_outputs,
]
