# pyright: basic, reportMissingImports=false
"""Lists of files, many of them in a workspace that the caller fills meanwhile."""

import json
import time
from pathlib import Path

from anthropic import BadRequestError
from api import everything, refusal, settled

FILLED_WITHIN_S = 300.0


def seeded(api):
    """The same names of the SDK in the workspace that holds the many files, and the ids of these, newest first."""
    told = Path(api.surroundings["seeded_ids"])
    deadline = time.monotonic() + FILLED_WITHIN_S
    while not told.exists():
        assert time.monotonic() < deadline, f"{told} does not appear"
        time.sleep(0.05)
    return api.with_key(api.surroundings["seeded_key"]), json.loads(told.read_text())


async def every_file_is_listed_once_newest_first(api):
    many, ids = seeded(api)
    limit = 1000 if api.asynchronous else 70
    assert [file.id for file in await everything(many.files.list(limit=limit))] == ids
    first = await settled(many.files.list())
    assert [file.id for file in first.data] == ids[:20]
    await many.close()


async def a_list_that_changes_while_it_is_read_skips_and_repeats_nothing(api):
    own = api.with_key(f"{api.key}-changing")
    old = [(await own.upload(f"{n}.txt", f"{n}")).id for n in range(7)][::-1]
    page = await settled(own.files.list(limit=2))
    assert [file.id for file in page.data] == old[:2]
    await own.upload("new.txt", "new")
    # The old cursor names the page's last file; a newer one is a place in the list, whatever stands there.
    await settled(own.files.delete(old[0] if api.sends_old_beta else old[1]))
    await settled(own.files.delete(old[3]))
    rest = []
    while page.has_next_page():
        page = await settled(page.get_next_page())
        rest += [file.id for file in page.data]
    assert rest == [old[2], *old[4:]], (old, rest)
    await own.close()


async def an_empty_workspace_has_an_empty_list(api):
    empty = api.with_key("sk-empty")
    body = (await empty.raw("list")).json()
    if api.sends_old_beta:
        assert body == {"data": [], "has_more": False, "first_id": None, "last_id": None}, body
    else:
        assert body == {"data": [], "next_page": None}, body
    await empty.close()


async def limits_are_checked(api):
    for limit in (0, -1, 1001, 10**30, "many", "5.5"):
        await refusal(BadRequestError, lambda n=limit: api.files.list(limit=n))


async def a_page_says_where_the_next_begins(api):
    many, ids = seeded(api)
    body = (await many.raw("list", limit=3)).json()
    assert [file["id"] for file in body["data"]] == ids[:3]
    if api.sends_old_beta:
        assert set(body) == {"data", "has_more", "first_id", "last_id"}
        assert (body["has_more"], body["first_id"], body["last_id"]) == (True, ids[0], ids[2])
        last = (await many.raw("list", limit=3, after_id=ids[-4])).json()
        assert [file["id"] for file in last["data"]] == ids[-3:]
        assert last["has_more"] is False
    else:
        assert set(body) == {"data", "next_page"}
        assert body["next_page"].startswith("page_")
        following = (await many.raw("list", limit=3, page=body["next_page"])).json()
        assert [file["id"] for file in following["data"]] == ids[3:6]
    await many.close()


async def lists_can_be_read_backwards_with_the_old_header(api):
    if not api.sends_old_beta:
        return
    many, ids = seeded(api)
    page = await settled(many.files.list(before_id=ids[50], limit=20))
    assert [file.id for file in page.data] == ids[30:50]
    assert page.has_more
    whole = await everything(many.files.list(before_id=ids[50], limit=20))
    assert [file.id for file in whole] == ids[30:50] + ids[10:30] + ids[:10]
    await many.close()


async def ids_select_files(api):
    if api.sends_old_beta:
        return
    many, ids = seeded(api)
    wanted = [ids[5], ids[1050], "file_unknown", ids[5]]
    page = await settled(many.files.list(ids=wanted))
    assert sorted(file.id for file in page.data) == sorted({ids[5], ids[1050]})
    assert page.next_page is None
    assert len((await settled(many.files.list(ids=ids[:100]))).data) == 100
    assert len((await settled(many.files.list(ids=[*ids[:100], *ids[:50]]))).data) == 100
    await refusal(BadRequestError, lambda: many.files.list(ids=ids[:101]))
    await refusal(BadRequestError, lambda: many.files.list(ids=ids[:2], limit=5))
    following = (await settled(many.files.list(limit=5))).next_page
    await refusal(BadRequestError, lambda: many.files.list(ids=ids[:2], page=following))
    await many.close()


async def each_dialect_refuses_the_cursors_of_the_other(api):
    many, ids = seeded(api)
    if api.sends_old_beta:
        refused = [{"page": "page_MjAyNg=="}, {"ids[]": ids[0]}]
    else:
        refused = [{"before_id": ids[3]}, {"after_id": ids[3]}, {"page": "page_nonsense"}, {"page": "nonsense"}]
    for query in refused:
        await refusal(BadRequestError, lambda q=query: many.files.list(extra_query=q))
    await many.close()


CHECKS = [
    every_file_is_listed_once_newest_first,
    a_list_that_changes_while_it_is_read_skips_and_repeats_nothing,
    an_empty_workspace_has_an_empty_list,
    limits_are_checked,
    a_page_says_where_the_next_begins,
    lists_can_be_read_backwards_with_the_old_header,
    ids_select_files,
    each_dialect_refuses_the_cursors_of_the_other,
]
