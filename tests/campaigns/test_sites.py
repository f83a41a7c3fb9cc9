"""Sites: proved by a record or a file, or by the operator's word; one shop per host."""

from typing import Any

import httpx2
import pytest

from campaigns.catalog import sites
from jejaring.hooks.models import Event
from jejaring.kit.errors import Conflict, NotFound
from jejaring.trail.models import AuditEntry
from jejaring.web import client
from jejaring.web.client import Fetched, Records
from tests.cast import Cast, Member, call

NOBODY = Fetched("unreachable")


async def added(http: httpx2.AsyncClient, who: Member, host: str) -> dict[str, Any]:
    reply = await call(http, who, "POST", "/v1/sites", {"host": host})
    assert reply.status_code == 201, reply.text
    found: dict[str, Any] = reply.json()
    return found


def outside(monkeypatch: pytest.MonkeyPatch, records: Records, file: Fetched = NOBODY) -> list[str]:
    """What the network would answer; the addresses that were called."""
    called: list[str] = []

    async def txt(_: str) -> Records:
        return records

    async def fetch(url: str) -> Fetched:
        called.append(url)
        return file

    monkeypatch.setattr(client, "txt", txt)
    monkeypatch.setattr(client, "fetch", fetch)
    return called


async def test_a_stranger_is_refused(http: httpx2.AsyncClient, cast: Cast) -> None:
    assert (await http.post("/v1/sites", json={"host": "a.id"})).status_code == 401
    assert (await call(http, cast.rina, "GET", "/v1/sites")).status_code == 403


async def test_the_rival_sees_nothing(http: httpx2.AsyncClient, cast: Cast) -> None:
    site = await added(http, cast.laras, "batiklaras.id")
    path = f"/v1/sites/{site['id']}/verify"
    assert (await call(http, cast.bukit, "POST", path)).status_code == 404
    assert (await call(http, cast.bukit, "GET", "/v1/sites")).json()["data"] == []


async def test_a_host_is_added_once(http: httpx2.AsyncClient, cast: Cast) -> None:
    site = await added(http, cast.laras, "BatikLaras.id")
    assert (site["host"], site["verified"]) == ("batiklaras.id", False)
    assert site["proof"]["file_url"] == "https://batiklaras.id/.well-known/jejaring.txt"
    assert site["proof"]["txt_record"].startswith("jejaring-verify=")
    again = await call(http, cast.laras, "POST", "/v1/sites", {"host": "batiklaras.id."})
    assert (again.status_code, again.json()) == (200, site)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "a.id:8080", "https://a.id", "a_b.id"])
async def test_what_is_no_public_host_is_refused(
    http: httpx2.AsyncClient, cast: Cast, host: str
) -> None:
    reply = await call(http, cast.laras, "POST", "/v1/sites", {"host": host})
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"] == "/host"


async def test_a_txt_record_proves_a_site(
    http: httpx2.AsyncClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = await added(http, cast.laras, "batiklaras.id")
    called = outside(monkeypatch, Records("ok", ("v=spf1", site["proof"]["txt_record"])))
    reply = await call(http, cast.laras, "POST", f"/v1/sites/{site['id']}/verify")
    assert reply.status_code == 200
    assert (reply.json()["verified"], reply.json()["verified_by"]) == (True, "dns")
    assert called == []
    assert await sites.verified(cast.laras.id) == ["batiklaras.id"]
    assert await Event.filter(name="site.verified", subject=site["id"]).count() == 1
    outside(monkeypatch, Records("none"))
    again = await call(http, cast.laras, "POST", f"/v1/sites/{site['id']}/verify")
    assert again.json() == reply.json()


async def test_a_file_proves_a_site(
    http: httpx2.AsyncClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = await added(http, cast.laras, "batiklaras.id")
    body = f"{site['proof']['file_content']}\n".encode()
    called = outside(monkeypatch, Records("none"), Fetched("ok", 200, body))
    reply = await call(http, cast.laras, "POST", f"/v1/sites/{site['id']}/verify")
    assert reply.json()["verified_by"] == "file"
    assert called == ["https://batiklaras.id/.well-known/jejaring.txt"]


@pytest.mark.parametrize(
    "file",
    [
        Fetched("timeout"),
        Fetched("ok", 404, b"nothing"),
        Fetched("ok", 200, b"jejaring-verify=somebody-elses"),
        Fetched("ok", 200, b"\xff\xfe"),
    ],
)
async def test_without_a_proof_it_says_what_was_seen(
    http: httpx2.AsyncClient, cast: Cast, monkeypatch: pytest.MonkeyPatch, file: Fetched
) -> None:
    site = await added(http, cast.laras, "batiklaras.id")
    outside(monkeypatch, Records("timeout"), file)
    reply = await call(http, cast.laras, "POST", f"/v1/sites/{site['id']}/verify")
    assert (reply.status_code, reply.json()["code"]) == (409, "site_not_proved")
    assert "timeout" in reply.json()["detail"]


async def test_a_file_with_an_error_status_proves_nothing(
    http: httpx2.AsyncClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = await added(http, cast.laras, "batiklaras.id")
    body = site["proof"]["file_content"].encode()
    outside(monkeypatch, Records("unresolved"), Fetched("ok", 302, body))
    reply = await call(http, cast.laras, "POST", f"/v1/sites/{site['id']}/verify")
    assert reply.status_code == 409


async def test_the_operators_word_is_enough_and_audited(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    site = await added(http, cast.laras, "batiklaras.id")
    await sites.vouch(site["id"], cast.sari.user.id)
    await sites.vouch(site["id"], cast.sari.user.id)
    shown = (await call(http, cast.laras, "GET", "/v1/sites")).json()["data"][0]
    assert shown["verified_by"] == "operator"
    entry = await AuditEntry.get(action="site.verified", subject=site["id"])
    assert (entry.actor, entry.organisation_id) == (cast.sari.user.id, cast.laras.id)
    with pytest.raises(NotFound):
        await sites.vouch("sit_nothing", cast.sari.user.id)


async def test_a_host_belongs_to_one_shop(http: httpx2.AsyncClient, cast: Cast) -> None:
    hers = await added(http, cast.laras, "batik.id")
    his = await added(http, cast.bukit, "batik.id")
    assert len((await sites.waiting())[0]) == 2
    await sites.vouch(hers["id"], "usr_op")
    with pytest.raises(Conflict, match="host_taken"):
        await sites.vouch(his["id"], "usr_op")
    reply = await call(http, cast.bukit, "POST", "/v1/sites", {"host": "batik.id"})
    assert reply.status_code == 200  # his own unproved one is still there
    late = await call(http, cast.laras, "POST", "/v1/sites", {"host": "kopi.id"})
    await sites.vouch(late.json()["id"], "usr_op")
    taken = await call(http, cast.bukit, "POST", "/v1/sites", {"host": "kopi.id"})
    assert (taken.status_code, taken.json()["code"]) == (409, "host_taken")


async def test_a_shop_has_at_most_fifty_sites(
    http: httpx2.AsyncClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sites, "MAX_SITES", 1)
    await added(http, cast.laras, "a.id")
    reply = await call(http, cast.laras, "POST", "/v1/sites", {"host": "b.id"})
    assert (reply.status_code, reply.json()["code"]) == (409, "too_many_sites")
