"""The trail is paged by organisation; consent is given, withdrawn, and asked for again."""

from datetime import timedelta

import pytest

from jejaring import world
from jejaring.trail import consent, queries
from jejaring.trail.write import note


async def test_an_organisation_sees_its_own_entries_newest_first(db: None) -> None:
    start = world.now()
    for number in range(5):
        with world.at(start + timedelta(minutes=number // 2)):
            await note("key.made", f"key_{number}", actor="usr_1", organisation_id="org_1")
    await note("key.revoked", "key_9", actor="usr_2", organisation_id="org_2", why="x")
    first = await queries.page("org_1", limit=3)
    rest = await queries.page("org_1", limit=3, cursor=first.next_cursor)
    found = first.entries + rest.entries
    assert [e.at for e in found] == sorted((e.at for e in found), reverse=True)
    assert {e.subject for e in found} == {f"key_{n}" for n in range(5)}
    assert rest.next_cursor is None


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({}, 3),
        ({"action": "key.made"}, 1),
        ({"action": "key."}, 2),
        ({"subject": "key_2"}, 1),
        ({"since": "later"}, 0),
    ],
)
async def test_the_operator_filters_everybodys(
    db: None, filters: dict[str, str], count: int
) -> None:
    for number, action in enumerate(("key.made", "key.revoked", "link.issued")):
        await note(action, f"key_{number}", actor="usr_1", organisation_id=f"org_{number}")
    since = world.now() + timedelta(days=1) if filters.pop("since", None) else None
    page = await queries.page(
        None, action=filters.get("action"), subject=filters.get("subject"), since=since
    )
    assert len(page.entries) == count


async def test_consent_is_given_withdrawn_and_given_again(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await consent.missing("usr_1") == ["terms", "privacy"]
    await consent.give("usr_1")
    assert await consent.missing("usr_1") == []
    assert await consent.withdraw("usr_1", "privacy") == 1
    assert await consent.missing("usr_1") == ["privacy"]
    await consent.give("usr_1", ["privacy"])
    assert len(await consent.of("usr_1")) == 3
    monkeypatch.setitem(consent.TEXT_VERSIONS, "terms", "2027-01")
    assert await consent.missing("usr_1") == ["terms"]
    with pytest.raises(KeyError):
        await consent.give("usr_1", ["marketing"])
