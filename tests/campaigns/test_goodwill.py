"""Goodwill: given by hand with a reason, payable at once, above the limit by two people."""

import asyncio
from typing import Any

import httpx2
import pytest

from campaigns.enrolments.models import Enrolment
from campaigns.goodwill import audit
from campaigns.goodwill.models import Goodwill
from jejaring.db import sql
from jejaring.hooks.models import Event
from jejaring.identity.models import Organisation
from jejaring.ledger.models import Entry
from jejaring.payouts.models import PayableItem
from jejaring.trail.models import AuditEntry
from tests import make
from tests.cast import Cast, Member, call, sign_in
from tests.money import book, clean, with_method

PATH = "/v1/goodwill"


def said(cast: Cast, **more: Any) -> dict[str, Any]:
    given = {"partner": cast.rina.org.slug, "amount": 25_000, "reason": "pesanan tak tercatat"}
    return given | {"reference": "G-1"} | more


@pytest.fixture
async def place(cast: Cast) -> Enrolment:
    """Rina is in a campaign of Laras."""
    return await make.enrolment(await make.campaign(cast.laras.org), cast.rina.org)


async def payable(cast: Cast) -> int:
    rows = await book(cast.laras, cast.rina)
    return rows[0].payable if rows else 0


async def whole() -> bool:
    assert await audit.audit() == []
    return await clean()


async def test_a_stranger_is_refused(http: httpx2.AsyncClient, cast: Cast) -> None:
    assert (await http.post(PATH, json=said(cast))).status_code == 401
    assert (await http.get(PATH)).status_code == 401
    assert (await call(http, cast.rina, "POST", PATH, said(cast))).status_code == 403


async def test_the_rival_gives_nothing_to_anothers_partner_and_sees_nothing(
    http: httpx2.AsyncClient, cast: Cast, place: Enrolment
) -> None:
    reply = await call(http, cast.bukit, "POST", PATH, said(cast))
    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, "/partner")
    nobody = await call(http, cast.bukit, "POST", PATH, said(cast, partner="nobody"))
    assert nobody.text.replace("nobody", "rina") == reply.text
    await call(http, cast.laras, "POST", PATH, said(cast))
    for rival in (cast.bukit, cast.dimas):
        assert (await call(http, rival, "GET", PATH)).json()["data"] == []


async def test_it_is_payable_earned_told_and_paid(
    http: httpx2.AsyncClient, cast: Cast, place: Enrolment
) -> None:
    reply = await call(http, cast.laras, "POST", PATH, said(cast))
    assert reply.status_code == 201, reply.text
    row = await Goodwill.get()
    assert (reply.json()["state"], reply.json()["partner"]) == ("done", "rina")
    assert (await Entry.get()).key == f"adjust:{row.id}"
    item = await PayableItem.get()
    assert (item.amount, item.label, item.kind) == (25_000, "pesanan tak tercatat", "goodwill")
    balance = (await call(http, cast.rina, "GET", "/v1/balance")).json()["data"][0]
    assert (balance["payable"], balance["earned"]) == (25_000, 25_000)
    statement = (await call(http, cast.rina, "GET", "/v1/statement")).json()["data"][0]
    (moved,) = statement["movements"]
    assert (moved["amount"], moved["text"], moved["reference"]) == (
        25_000, "Tambahan dari toko", "pesanan tak tercatat",
    )  # fmt: skip
    (seen,) = (await call(http, cast.rina, "GET", PATH)).json()["data"]
    assert (seen["merchant"], seen["reason"]) == ("batik-laras", "pesanan tak tercatat")
    assert await Event.filter(name="goodwill.given").count() == 2
    noted = await AuditEntry.filter(action="goodwill.given").get()
    assert (noted.subject, noted.data["amount"]) == (cast.rina.id, 25_000)
    assert await whole()
    await with_method(cast.rina)
    run = (await call(http, cast.laras, "POST", "/v1/payout-runs", {})).json()
    (line,) = run["payouts"][0]["lines"]
    assert (line["amount"], line["text"]) == (25_000, "pesanan tak tercatat")
    await call(http, cast.laras, "POST", f"/v1/payout-runs/{run['id']}/approve")
    approved = (await call(http, cast.laras, "GET", f"/v1/payout-runs/{run['id']}")).json()
    payout = approved["payouts"][0]["id"]
    body = {"outcome": "paid", "reference": "BCA-1"}
    await call(http, cast.laras, "POST", f"/v1/payouts/{payout}/settle", body)
    balance = (await call(http, cast.rina, "GET", "/v1/balance")).json()["data"][0]
    assert (balance["paid"], balance["payable"], balance["earned"]) == (25_000, 0, 25_000)
    assert await whole()


async def test_the_same_again_changes_nothing_and_other_content_is_a_conflict(
    http: httpx2.AsyncClient, cast: Cast, place: Enrolment
) -> None:
    await call(http, cast.laras, "POST", PATH, said(cast))
    assert (await call(http, cast.laras, "POST", PATH, said(cast))).status_code == 200
    for other in ({"amount": 9_000}, {"reason": "lain"}):
        reply = await call(http, cast.laras, "POST", PATH, said(cast, **other))
        assert (reply.status_code, reply.json()["code"]) == (409, "goodwill_exists")
    assert await payable(cast) == 25_000


async def test_without_a_reference_each_is_another(
    http: httpx2.AsyncClient, cast: Cast, place: Enrolment
) -> None:
    for _ in range(2):
        reply = await call(http, cast.laras, "POST", PATH, said(cast, reference=None))
        assert reply.status_code == 201
    assert await payable(cast) == 50_000
    assert len((await call(http, cast.laras, "GET", f"{PATH}?limit=1")).json()["data"]) == 1


async def test_many_at_once_under_one_reference_give_once(
    http: httpx2.AsyncClient, cast: Cast, place: Enrolment
) -> None:
    sent = [call(http, cast.laras, "POST", PATH, said(cast)) for _ in range(6)]
    replies = await asyncio.gather(*sent)
    assert sorted(r.status_code for r in replies) == [200] * 5 + [201]
    assert await payable(cast) == 25_000
    assert await whole()


@pytest.mark.parametrize(
    "wrong",
    [{"amount": 0}, {"amount": 1.0}, {"reason": " "}, {"partner": "nobody"}, {"partner": "dimas"}],
)
async def test_what_is_wrong_is_refused(
    http: httpx2.AsyncClient, cast: Cast, place: Enrolment, wrong: dict[str, Any]
) -> None:
    reply = await call(http, cast.laras, "POST", PATH, said(cast, **wrong))
    assert reply.status_code == 422
    assert not await Goodwill.exists()


async def test_who_has_left_may_still_be_given_and_who_only_asked_may_not(
    http: httpx2.AsyncClient, cast: Cast, place: Enrolment
) -> None:
    await Enrolment.all().update(state="requested")
    assert (await call(http, cast.laras, "POST", PATH, said(cast))).status_code == 422
    await Enrolment.all().update(state="ended")
    assert (await call(http, cast.laras, "POST", PATH, said(cast))).status_code == 201


async def test_above_the_limit_a_second_person_gives(
    http: httpx2.AsyncClient, cast: Cast, place: Enrolment
) -> None:
    await Organisation.filter(id=cast.laras.id).update(payout_limit=24_999)
    reply = await call(http, cast.laras, "POST", PATH, said(cast))
    assert (reply.status_code, reply.json()["state"]) == (202, "waiting")
    reply = await call(http, cast.laras, "POST", PATH, said(cast))
    assert (reply.status_code, reply.json()["code"]) == (409, "second_person")
    assert await payable(cast) == 0
    assert (await call(http, cast.rina, "GET", PATH)).json()["data"] == []
    assert await whole()
    await Goodwill.all().update(asked_by="usr_another")
    reply = await call(http, cast.laras, "POST", PATH, said(cast))
    assert (reply.status_code, reply.json()["state"]) == (201, "done")
    assert await payable(cast) == 25_000
    assert await whole()


async def test_check_finds_what_nobody_decided(
    http: httpx2.AsyncClient, cast: Cast, place: Enrolment
) -> None:
    await call(http, cast.laras, "POST", PATH, said(cast))
    await Goodwill.all().update(amount=9_000)
    assert [found.what for found in await audit.audit()] == ["posted", "item"]
    await Goodwill.all().update(amount=25_000, state="waiting")
    assert [found.what for found in await audit.audit()] == ["posted", "item"]
    await sql.rows("UPDATE goodwill SET id = 'gdw_none'")
    assert [found.what for found in await audit.audit()] == ["decision"]


async def _in(http: httpx2.AsyncClient, member: Member, role: str) -> str:
    user = await make.user()
    await make.membership(user, member.org, role)
    return await sign_in(http, Member(member.org, user, ""))


async def test_the_partners_page_gives_and_the_partner_reads_why(
    http: httpx2.AsyncClient, cast: Cast, place: Enrolment
) -> None:
    csrf = await sign_in(http, cast.laras)
    path = f"/merchant/partners/{cast.rina.id}"
    assert "Beri tambahan" in (await http.get(path)).text
    sent = {"csrf": csrf, "amount": "25.000", "reason": "", "reference": "P"}
    reply = await http.post(f"{path}/goodwill", data=sent)
    assert reply.status_code == 422
    assert 'value="25.000"' in reply.text
    for _ in range(2):
        reply = await http.post(f"{path}/goodwill", data=sent | {"reason": "Maaf, salah catat"})
        assert "pesan=goodwill_given" in reply.headers["location"]
    assert await payable(cast) == 25_000
    assert "Maaf, salah catat" in (await http.get(path)).text
    reply = await http.post(f"{path}/goodwill", data=sent | {"reason": "lain"})
    assert reply.status_code == 409
    await sign_in(http, cast.rina)
    page = (await http.get("/partner/earnings")).text
    assert "Tambahan dari toko" in page
    assert "Maaf, salah catat" in page


async def test_a_second_person_says_yes_on_the_page(
    http: httpx2.AsyncClient, cast: Cast, place: Enrolment
) -> None:
    await Organisation.filter(id=cast.laras.id).update(payout_limit=9_999)
    csrf = await sign_in(http, cast.laras)
    path = f"/merchant/partners/{cast.rina.id}"
    sent = {"csrf": csrf, "amount": "25.000", "reason": "besar", "reference": "Q"}
    reply = await http.post(f"{path}/goodwill", data=sent)
    assert "pesan=wait_goodwill" in reply.headers["location"]
    page = (await http.get(path)).text
    assert "Menunggu orang kedua" in page
    assert "Menunggu persetujuan orang lain" in page
    assert "Setujui tambahan" not in page, "nobody says yes to themselves"
    csrf = await _in(http, cast.laras, "finance")
    page = (await http.get(path)).text
    assert "Menunggu persetujuan orang lain" not in page
    assert "Setujui tambahan" in page
    reply = await http.post(f"{path}/goodwill", data=sent | {"csrf": csrf, "amount": "25000"})
    assert "pesan=goodwill_given" in reply.headers["location"]
    assert await payable(cast) == 25_000


async def test_a_manager_sees_it_and_gives_nothing(
    http: httpx2.AsyncClient, cast: Cast, place: Enrolment
) -> None:
    await call(http, cast.laras, "POST", PATH, said(cast))
    csrf = await _in(http, cast.laras, "manager")
    path = f"/merchant/partners/{cast.rina.id}"
    page = (await http.get(path)).text
    assert "pesanan tak tercatat" in page
    assert "Beri tambahan" not in page
    sent = {"csrf": csrf, "amount": "1.000", "reason": "x"}
    assert (await http.post(f"{path}/goodwill", data=sent)).status_code == 403
