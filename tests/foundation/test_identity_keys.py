"""`/v1/me` and `/v1/keys`: strangers, rivals, scopes, and keys that end."""

import asyncio
import hashlib
from datetime import timedelta

import httpx2
import pytest
from tortoise.exceptions import OperationalError

from jejaring import world
from jejaring.identity import keys
from jejaring.identity.models import ApiKey, Organisation
from jejaring.identity.rules import MERCHANT_SCOPES
from jejaring.kit.errors import Conflict, Forbidden, Invalid, NotFound
from jejaring.members import organisations
from jejaring.web.models import KeptReply
from tests import make
from tests.cast import Cast, Member, call
from tests.foundation.test_identity_signup import caller, codes

ROUTES = [
    ("GET", "/v1/me"),
    ("GET", "/v1/keys"),
    ("POST", "/v1/keys"),
    ("DELETE", "/v1/keys/key_1"),
]


def bearing(secret: str) -> dict[str, str]:
    """The header of a key."""
    return {"Authorization": f"Bearer {secret}"}


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("header", [None, "Bearer", "Basic abc", "Bearer jjk_x", "Bearer x\xe9"])
async def test_a_stranger_is_refused(
    http: httpx2.AsyncClient, method: str, path: str, header: str | None
) -> None:
    headers = {b"Authorization": header.encode("latin-1")} if header else {}
    reply = await http.request(method, path, headers=headers)
    assert reply.status_code == 401
    assert reply.headers["www-authenticate"] == "Bearer"


async def test_the_rival_sees_and_revokes_nothing(http: httpx2.AsyncClient, cast: Cast) -> None:
    mine = (await call(http, cast.laras, "GET", "/v1/keys")).json()["data"]
    theirs = (await call(http, cast.bukit, "GET", "/v1/keys")).json()["data"]
    assert not {k["id"] for k in mine} & {k["id"] for k in theirs}
    reply = await call(http, cast.bukit, "DELETE", f"/v1/keys/{mine[0]['id']}")
    assert reply.status_code == 404
    assert (await call(http, cast.laras, "GET", "/v1/me")).status_code == 200


@pytest.mark.parametrize("who", ["laras", "rina", "sari"])
async def test_everybody_sees_who_they_are(http: httpx2.AsyncClient, cast: Cast, who: str) -> None:
    member: Member = getattr(cast, who)
    me = (await call(http, member, "GET", "/v1/me")).json()
    assert me["organisation"]["slug"] == member.org.slug
    assert "keys" in me["key"]["scopes"]
    assert "key_hash" not in str(me)


async def test_a_key_is_shown_once_and_stored_as_a_hash(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    body = {"name": " Toko online ", "scopes": ["sales", "stats"]}
    made = await call(http, cast.laras, "POST", "/v1/keys", body)
    assert made.status_code == 201
    secret, key_id = made.json()["key"], made.json()["id"]
    assert secret.startswith("jjk_")
    assert made.json()["name"] == "Toko online"
    row = await ApiKey.get(id=key_id)
    assert row.key_hash == hashlib.sha256(secret.encode()).hexdigest()
    listed = (await call(http, cast.laras, "GET", "/v1/keys")).json()["data"]
    assert secret not in str(listed)
    assert (await http.get("/v1/me", headers=bearing(secret))).json()["key"]["id"] == key_id


async def test_a_replayed_answer_does_not_hold_the_secret(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    body = {"name": "x", "scopes": ["stats"]}
    headers = cast.laras.headers | {"Idempotency-Key": "once"}
    first = await http.post("/v1/keys", json=body, headers=headers)
    again = await http.post("/v1/keys", json=body, headers=headers)
    assert again.json() == first.json() | {"key": None}
    assert first.json()["key"] not in str((await KeptReply.get()).reply)


async def test_a_revoked_key_is_refused_at_once(http: httpx2.AsyncClient, cast: Cast) -> None:
    secret = await make.key(cast.laras.org, frozenset({"stats"}))
    me = await http.get("/v1/me", headers=bearing(secret))
    path = f"/v1/keys/{me.json()['key']['id']}"
    assert (await call(http, cast.laras, "DELETE", path)).status_code == 204
    assert (await call(http, cast.laras, "DELETE", path)).status_code == 204
    assert (await http.get("/v1/me", headers=bearing(secret))).status_code == 401


async def test_another_process_takes_a_revoked_key_for_half_a_second_only(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = 1000.0
    monkeypatch.setattr("jejaring.identity.keys.time.monotonic", lambda: clock)
    assert await keys.lookup(cast.laras.key) is not None
    await ApiKey.filter(organisation_id=cast.laras.id).update(revoked_at=world.now())
    clock += 0.49
    assert await keys.lookup(cast.laras.key) is not None
    clock += 0.02
    assert await keys.lookup(cast.laras.key) is None
    assert await keys.lookup(cast.laras.key) is None


async def test_an_expired_key_and_a_suspended_organisations_key_are_refused(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    _, secret = await keys.grant(
        caller(cast.laras), "x", frozenset({"stats"}), world.now() + timedelta(hours=1)
    )
    assert (await http.get("/v1/me", headers=bearing(secret))).status_code == 200
    keys.forget()
    with world.at(world.now() + timedelta(hours=2)):
        assert await keys.lookup(secret) is None
    await organisations.suspend(caller(cast.sari), cast.laras.id)
    assert (await call(http, cast.laras, "GET", "/v1/me")).status_code == 401
    await organisations.unsuspend(caller(cast.sari), cast.laras.id)
    assert (await call(http, cast.laras, "GET", "/v1/me")).status_code == 200


async def test_a_key_never_gives_more_than_it_has_and_lives_no_longer(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    end = world.now() + timedelta(days=1)
    _, secret = await keys.grant(caller(cast.laras), "x", frozenset({"keys", "stats"}), end)
    for scopes in (["keys"], ["sales"]):
        reply = await http.post(
            "/v1/keys", json={"name": "y", "scopes": scopes}, headers=bearing(secret)
        )
        assert (reply.status_code, reply.json()["code"]) == (403, "scope_not_yours")
    later = (end + timedelta(days=9)).isoformat()
    for wished in (None, later):
        made = await http.post(
            "/v1/keys",
            json={"name": "y", "scopes": ["stats"], "expires_at": wished},
            headers=bearing(secret),
        )
        assert made.status_code == 201
        assert (await ApiKey.get(id=made.json()["id"])).expires_at == end


async def test_members_grant_what_their_role_may_do(cast: Cast) -> None:
    for role, scope in (("manager", "keys"), ("manager", "payouts.approve"), ("viewer", "stats")):
        with pytest.raises(Forbidden):
            await keys.grant(caller(cast.laras, role), "x", frozenset({scope}))
    row, _ = await keys.grant(caller(cast.laras, "finance"), "x", frozenset({"payouts.approve"}))
    assert row.created_by == cast.laras.user.id
    row, _ = await keys.grant(caller(cast.laras), "x", MERCHANT_SCOPES)
    assert set(row.scopes) == MERCHANT_SCOPES


async def test_every_bad_field_of_a_key_is_said(http: httpx2.AsyncClient, cast: Cast) -> None:
    body = {"name": " ", "scopes": ["method", "nonsense"], "expires_at": "2020-01-01T00:00:00Z"}
    reply = await call(http, cast.laras, "POST", "/v1/keys", body)
    assert reply.status_code == 422
    pointers = [e["pointer"] for e in reply.json()["errors"]]
    assert pointers == ["/scopes", "/scopes", "/name", "/expires_at"]
    with pytest.raises(Invalid) as refused:
        await keys.make(cast.laras.id, "merchant", "x", frozenset(), "cli")
    assert codes(refused.value) == {"/scopes": "scopes_needed"}


async def test_there_is_a_limit_of_live_keys(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "MAX_LIVE", 1)
    with pytest.raises(Conflict, match="too_many_keys"):
        await keys.make(cast.laras.id, "merchant", "x", frozenset({"stats"}), "cli")


async def test_the_last_use_is_written_at_most_once_a_minute(cast: Cast) -> None:
    start = world.now()
    for seconds, seen in ((0, 0), (59, 0), (61, 61), (90, 61)):
        keys.forget()
        with world.at(start + timedelta(seconds=seconds)):
            assert await keys.lookup(cast.laras.key) is not None
        await keys.settle()
        row = await ApiKey.get(organisation_id=cast.laras.id)
        assert row.last_used_at == start + timedelta(seconds=seen)


async def test_guesses_do_not_fill_the_memory(cast: Cast) -> None:
    await asyncio.gather(*[keys.lookup(f"jjk_{n:032d}") for n in range(20)])
    assert keys._cache == {}


async def test_a_full_memory_starts_over(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "CACHE_KEYS", 1)
    await keys.lookup(cast.laras.key)
    await keys.lookup(cast.bukit.key)
    assert len(keys._cache) == 1


async def test_keys_are_paged(http: httpx2.AsyncClient, cast: Cast) -> None:
    for _ in range(3):
        await make.key(cast.laras.org)
    first = (await call(http, cast.laras, "GET", "/v1/keys?limit=3")).json()
    cursor = first["next_cursor"]
    rest = (await call(http, cast.laras, "GET", f"/v1/keys?limit=3&cursor={cursor}")).json()
    assert len({k["id"] for k in first["data"] + rest["data"]}) == 4
    assert rest["next_cursor"] is None


async def test_a_scope_taken_from_a_side_is_gone_from_its_keys(cast: Cast) -> None:
    await ApiKey.filter(organisation_id=cast.laras.id).update(scopes=["stats", "method"])
    found = await keys.lookup(cast.laras.key)
    assert found is not None
    assert found.scopes == frozenset({"stats"})


async def test_an_operator_vouches_once_and_only_an_operator(cast: Cast) -> None:
    shop = await make.organisation("merchant", vouched_at=None)
    with pytest.raises(Forbidden):
        await organisations.vouch(caller(cast.laras), shop.id)
    with pytest.raises(Forbidden):
        await organisations.vouch(caller(cast.sari, "viewer"), shop.id)
    await organisations.vouch(caller(cast.sari), shop.id)
    first = await Organisation.get(id=shop.id)
    await organisations.vouch(caller(cast.sari), shop.id)
    assert (await Organisation.get(id=shop.id)).vouched_at == first.vouched_at
    assert first.vouched_by == cast.sari.user.id
    with pytest.raises(NotFound):
        await organisations.vouch(caller(cast.sari), "org_none")
    with pytest.raises(Conflict):
        await organisations.suspend(caller(cast.sari), cast.sari.id)


async def test_a_last_use_that_cannot_be_written_does_not_matter(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Busy:
        @staticmethod
        async def update(**_: object) -> int:
            raise OperationalError("database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(ApiKey, "filter", lambda *_, **__: Busy)
        assert await keys.lookup(cast.laras.key) is not None
        await keys.settle()
    assert (await ApiKey.get(organisation_id=cast.laras.id)).last_used_at is None
