"""Goodwill taken back: before a payout has it, whole, with a reason; or dropped while it waits."""

import asyncio

import httpx2
import pytest

from campaigns.enrolments.models import Enrolment
from campaigns.goodwill import audit
from campaigns.goodwill.models import Goodwill
from jejaring.hooks.models import Event
from jejaring.identity.models import Organisation
from jejaring.payouts.models import PayableItem
from jejaring.trail.models import AuditEntry
from tests import make
from tests.cast import Cast, Member, call, sign_in
from tests.money import clean, with_method

PATH = "/v1/goodwill"
WHY = {"reason": "salah orang"}
GIFT = {"partner": "rina", "amount": 25_000, "reason": "maaf", "reference": "G-1"}


@pytest.fixture
async def place(cast: Cast) -> Enrolment:
    """Rina is in a campaign of Laras."""
    return await make.enrolment(await make.campaign(cast.laras.org), cast.rina.org)


@pytest.fixture
async def given(http: httpx2.AsyncClient, cast: Cast, place: Enrolment) -> str:
    """The path that takes the gift back."""
    made = await call(http, cast.laras, "POST", PATH, GIFT)
    assert made.status_code == 201, made.text
    return f"{PATH}/{made.json()['id']}/withdraw"


async def balance(http: httpx2.AsyncClient, cast: Cast) -> tuple[int, int]:
    """Payable and earned, as Rina sees them; the books are whole."""
    assert await audit.audit() == []
    assert await clean()
    (row,) = (await call(http, cast.rina, "GET", "/v1/balance")).json()["data"]
    return row["payable"], row["earned"]


async def test_strangers_partners_and_rivals_take_nothing_back(
    http: httpx2.AsyncClient, cast: Cast, given: str
) -> None:
    assert (await http.post(given, json=WHY)).status_code == 401
    assert (await call(http, cast.rina, "POST", given, WHY)).status_code == 403
    assert (await call(http, cast.bukit, "POST", given, WHY)).status_code == 404
    for wrong in ({}, {"reason": " "}, {"reason": "x" * 201}, {"reason": 1}):
        reply = await call(http, cast.laras, "POST", given, wrong)
        assert reply.status_code == 422
        assert reply.json()["errors"][0]["pointer"] == "/reason"
    assert await balance(http, cast) == (25_000, 25_000)


async def test_it_is_gone_once_and_both_sides_read_why(
    http: httpx2.AsyncClient, cast: Cast, given: str
) -> None:
    replies = await asyncio.gather(*[call(http, cast.laras, "POST", given, WHY) for _ in range(4)])
    assert {reply.status_code for reply in replies} == {200}
    assert await balance(http, cast) == (0, 0)
    for who in (cast.laras, cast.rina):
        (seen,) = (await call(http, who, "GET", PATH)).json()["data"]
        assert (seen["state"], seen["withdrawn_why"]) == ("withdrawn", "salah orang")
    statement = (await call(http, cast.rina, "GET", "/v1/statement")).json()["data"][0]
    texts = [(one["text"], one["amount"]) for one in statement["movements"]]
    assert ("Tambahan ditarik kembali", -25_000) in texts
    assert await Event.filter(name="goodwill.withdrawn").count() == 2
    noted = await AuditEntry.filter(action="goodwill.withdrawn").get()
    assert (noted.subject, noted.data["why"]) == (cast.rina.id, "salah orang")
    again = await call(http, cast.laras, "POST", PATH, GIFT)
    assert (again.status_code, again.json()["code"]) == (409, "goodwill_withdrawn")
    assert await balance(http, cast) == (0, 0)


@pytest.mark.parametrize("outcome", [None, "paid", "failed", "returned"])
async def test_what_a_payout_has_or_had_is_not_taken_back(
    http: httpx2.AsyncClient, cast: Cast, given: str, outcome: str | None
) -> None:
    await with_method(cast.rina)
    run = (await call(http, cast.laras, "POST", "/v1/payout-runs", {})).json()
    path = f"/v1/payout-runs/{run['id']}/approve"
    payout = (await call(http, cast.laras, "POST", path)).json()["payouts"][0]["id"]
    if outcome:
        sent = {"outcome": outcome, "reference": "B-1"}
        await call(http, cast.laras, "POST", f"/v1/payouts/{payout}/settle", sent)
    before = await balance(http, cast)
    reply = await call(http, cast.laras, "POST", given, WHY)
    assert (reply.status_code, reply.json()["code"]) == (409, "goodwill_in_payout")
    assert (await Goodwill.get()).state == "done"
    assert await balance(http, cast) == before


async def test_a_preview_with_it_has_changed(
    http: httpx2.AsyncClient, cast: Cast, given: str
) -> None:
    await with_method(cast.rina)
    run = (await call(http, cast.laras, "POST", "/v1/payout-runs", {})).json()
    await call(http, cast.laras, "POST", given, WHY)
    reply = await call(http, cast.laras, "POST", f"/v1/payout-runs/{run['id']}/approve")
    assert (reply.status_code, reply.json()["code"]) == (409, "run_changed")


async def test_one_that_waits_ends_and_the_partner_never_hears_of_it(
    http: httpx2.AsyncClient, cast: Cast, place: Enrolment
) -> None:
    await Organisation.filter(id=cast.laras.id).update(payout_limit=24_999)
    made = (await call(http, cast.laras, "POST", PATH, GIFT)).json()
    reply = await call(http, cast.laras, "POST", f"{PATH}/{made['id']}/withdraw", WHY)
    assert (reply.status_code, reply.json()["state"]) == (200, "withdrawn")
    assert (await call(http, cast.rina, "GET", PATH)).json()["data"] == []
    assert not await Event.filter(name="goodwill.withdrawn").exists()
    assert not await PayableItem.exists()
    await Goodwill.all().update(asked_by="usr_another")
    again = await call(http, cast.laras, "POST", PATH, GIFT)
    assert (again.status_code, again.json()["code"]) == (409, "goodwill_withdrawn")
    assert await audit.audit() == []


async def test_check_finds_what_was_withdrawn_but_not_undone(
    http: httpx2.AsyncClient, cast: Cast, given: str
) -> None:
    await Goodwill.all().update(state="withdrawn")
    assert [found.what for found in await audit.audit()] == ["unposted", "item_back"]


async def test_on_the_partners_page(http: httpx2.AsyncClient, cast: Cast, given: str) -> None:
    csrf = await sign_in(http, cast.laras)
    page, row = f"/merchant/partners/{cast.rina.id}", await Goodwill.get()
    path = f"{page}/goodwill/{row.id}/withdraw"
    assert path in (await http.get(page)).text
    reply = await http.post(path, data={"csrf": csrf, "reason": ""})
    assert reply.status_code == 422
    assert "open><summary class" in reply.text
    reply = await http.post(f"{page}/goodwill/gdw_none/withdraw", data={"csrf": csrf, **WHY})
    assert reply.status_code == 404
    reply = await http.post(path, data={"csrf": csrf, **WHY})
    assert "pesan=goodwill_withdrawn" in reply.headers["location"]
    shown = (await http.get(page)).text
    assert "Ditarik: salah orang" in shown
    assert path not in shown
    assert await balance(http, cast) == (0, 0)
    await sign_in(http, cast.rina)
    assert "Ditarik: salah orang" in (await http.get("/partner/earnings")).text


async def test_what_is_in_a_payout_offers_no_way_back(
    http: httpx2.AsyncClient, cast: Cast, given: str
) -> None:
    await with_method(cast.rina)
    run = (await call(http, cast.laras, "POST", "/v1/payout-runs", {})).json()
    approved = await call(http, cast.laras, "POST", f"/v1/payout-runs/{run['id']}/approve")
    csrf = await sign_in(http, cast.laras)
    page = f"/merchant/partners/{cast.rina.id}"
    path = f"{page}/goodwill/{(await Goodwill.get()).id}/withdraw"
    shown = (await http.get(page)).text
    assert path not in shown
    assert "Sedang dikirim" in shown
    reply = await http.post(path, data={"csrf": csrf, **WHY})
    assert reply.status_code == 409
    assert reply.text.index("sudah masuk pencairan") < reply.text.index("<h2>"), "said at the top"
    payout = approved.json()["payouts"][0]["id"]
    for outcome in ("paid", "returned"):
        sent = {"outcome": outcome, "reference": "B-1"}
        reply = await call(http, cast.laras, "POST", f"/v1/payouts/{payout}/settle", sent)
        assert reply.status_code == 200
        assert path not in (await http.get(page)).text


async def test_a_manager_takes_nothing_back(
    http: httpx2.AsyncClient, cast: Cast, given: str
) -> None:
    user = await make.user()
    await make.membership(user, cast.laras.org, "manager")
    csrf = await sign_in(http, Member(cast.laras.org, user, ""))
    page, row = f"/merchant/partners/{cast.rina.id}", await Goodwill.get()
    path = f"{page}/goodwill/{row.id}/withdraw"
    assert path not in (await http.get(page)).text
    assert (await http.post(path, data={"csrf": csrf, **WHY})).status_code == 403
