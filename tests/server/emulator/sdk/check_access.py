# pyright: basic, reportMissingImports=false
"""Credentials, against an emulator that has one key."""

from anthropic import AuthenticationError
from api import everything, refusal


def locked(api, key):
    return api.with_key(key, api.surroundings["locked_url"])


async def the_right_key_opens(api):
    right = locked(api, api.surroundings["locked_key"])
    file = await right.upload("open.txt", "one two")
    assert file.id in [each.id for each in await everything(right.files.list())]
    await right.close()


async def a_wrong_key_is_refused_everywhere(api):
    wrong = locked(api, api.surroundings["locked_key"] + "x")
    question = {"model": "claude-sonnet-5-5", "messages": [{"role": "user", "content": "?"}]}
    operations = [
        lambda: wrong.files.list(),
        lambda: wrong.upload("x.txt", "one"),
        lambda: wrong.files.retrieve_metadata("file_1"),
        lambda: wrong.files.download("file_1"),
        lambda: wrong.files.delete("file_1"),
        lambda: wrong.messages.create(max_tokens=9, **question),
        lambda: wrong.messages.count_tokens(**question),
        lambda: wrong.messages.batches.list(),
        lambda: wrong.messages.batches.create(requests=[]),
        lambda: wrong.messages.batches.retrieve("msgbatch_1"),
    ]
    for operation in operations:
        await refusal(AuthenticationError, operation)
    await wrong.close()


CHECKS = [the_right_key_opens, a_wrong_key_is_refused_everywhere]
