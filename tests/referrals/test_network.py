"""Who recruited whom, and the share that a recruiter gets of it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from tortoise.exceptions import IntegrityError, OperationalError

from jejaring import world
from jejaring.db.transact import transact
from jejaring.ledger import audit as ledger_audit
from jejaring.payouts import audit as payouts_audit
from referrals.commissions import audit
from referrals.commissions.models import Commission
from referrals.network.models import Recruitment
from referrals.network.rules import Marks, closes_circle
from tests import make
from tests.cast import Cast, call
from tests.referrals.shop import Stage, body, set_terms, set_up

SHARE = {"recruiter": {"rate_bp": 1000, "active_days": 30}}
ALL = {"name": "Semua", "when": {}, "pay": {"kind": "percent", "rate_bp": 1000}}


@pytest.mark.parametrize(
    ("recruiter", "above", "circle"),
    [
        ("rina", {}, False),
        ("dimas", {}, True),
        ("rina", {"rina": "dimas"}, True),
        ("rina", {"rina": "sari", "sari": "dimas"}, True),
        ("rina", {"rina": "sari", "sari": "rina"}, False),
    ],
)
def test_nobody_stands_above_their_own_recruiter(
    recruiter: str, above: Mapping[str, str], circle: bool
) -> None:
    assert closes_circle("dimas", recruiter, above) is circle


def test_one_phone_e_mail_or_account_makes_one_person() -> None:
    rina = Marks(frozenset({"+62811"}), frozenset({"r@x.id"}), frozenset({"a"}))
    assert rina.touches(Marks(phones=frozenset({"+62811"})))
    assert rina.touches(Marks(emails=frozenset({"r@x.id"})))
    assert rina.touches(Marks(accounts=frozenset({"a"})))
    assert not rina.touches(Marks(frozenset({"+62812"}), frozenset(), frozenset({"b"})))


async def shop(http: httpx2.AsyncClient, cast: Cast, terms: dict[str, Any] | None = None) -> Stage:
    s = await set_up(http, cast)
    await set_terms(s.campaign, terms or {"rules": [ALL], **SHARE})
    return s


async def joined(s: Stage, ref: str | None) -> dict[str, Any]:
    wish = {"campaign_id": s.campaign.id, "role": "reseller", "ref": ref}
    reply = await call(s.http, s.cast.dimas, "POST", "/v1/enrolments", wish)
    assert reply.status_code == 201, reply.text
    found: dict[str, Any] = reply.json()
    return found


async def dimas_sells(s: Stage, order_id: str = "INV-D", **more: Any) -> dict[str, Any]:
    found = await call(s.http, s.cast.dimas, "GET", "/v1/links")
    code = found.json()["data"][0]["code"]
    link = await type(s.link).get(code=code)
    later = world.now() + timedelta(hours=2)
    with world.at(later):
        click = await s.click(link, at=later - timedelta(minutes=1))
        return await s.sell(order_id, click_id=click, **more)


async def rinas_share() -> Commission | None:
    return await Commission.get_or_none(kind="recruiter")


async def clean() -> None:
    found = [*await audit.audit(), *await ledger_audit.audit(), *await payouts_audit.audit()]
    assert found == []


@pytest.mark.parametrize("by", ["coupon", "link", "handle"])
async def test_the_first_join_with_a_merchant_tells_whose_invitation_it_was(
    http: httpx2.AsyncClient, cast: Cast, by: str
) -> None:
    s = await shop(http, cast)
    await make.coupon(s.rina, "RINA10")
    await joined(s, {"coupon": "rina10", "link": s.link.code, "handle": cast.rina.org.slug}[by])
    row = await Recruitment.get()
    assert (row.recruit_id, row.recruiter_id, row.by) == (cast.dimas.id, cast.rina.id, by)
    assert row.enrolment_id == s.rina.id


@pytest.mark.parametrize("ref", ["nobody", "", None])
async def test_a_word_that_means_nobody_is_ignored(
    http: httpx2.AsyncClient, cast: Cast, ref: str | None
) -> None:
    s = await shop(http, cast)
    await joined(s, ref)
    assert not await Recruitment.exists()


async def test_ones_own_word_and_a_second_join_record_nothing(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await shop(http, cast)
    await joined(s, cast.dimas.org.slug)
    second = await make.campaign(cast.laras.org)
    wish = {"campaign_id": second.id, "role": "reseller", "ref": cast.rina.org.slug}
    await call(http, cast.dimas, "POST", "/v1/enrolments", wish)
    assert not await Recruitment.exists()


async def test_a_recruitment_is_never_changed(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await shop(http, cast)
    await joined(s, cast.rina.org.slug)
    row = await Recruitment.get()
    with pytest.raises((IntegrityError, OperationalError)):
        await transact(lambda: Recruitment.filter(id=row.id).update(recruiter_id="org_x"))


async def test_the_recruiter_gets_a_share_on_top_while_selling(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await shop(http, cast)
    await joined(s, cast.rina.org.slug)
    await s.sell("INV-R", click_id=await s.click())
    sale = await dimas_sells(s)
    rows = {c["kind"]: c for c in sale["commissions"]}
    assert (rows["percent"]["amount"], rows["recruiter"]["amount"]) == (20_000, 2_000)
    assert rows["recruiter"]["because"][0]["text"] == (
        "10% dari komisi Rp20.000 mitra yang Anda ajak = Rp2.000."
    )
    stands = await s.balance()
    assert stands is not None
    assert stands.pending == 22_000
    await s.campaign.refresh_from_db()
    assert s.campaign.reserved == 42_000
    await clean()


async def test_without_own_sales_lately_there_is_no_share(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await shop(http, cast)
    await joined(s, cast.rina.org.slug)
    await dimas_sells(s)
    assert await rinas_share() is None
    old = (world.now() - timedelta(days=31)).isoformat()
    click = await s.click(at=world.now() - timedelta(days=32))
    await s.sell("INV-R", click_id=click, placed_at=old)
    await dimas_sells(s, "INV-D2")
    assert await rinas_share() is None


async def test_two_who_share_an_account_get_no_share(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await shop(http, cast)
    await joined(s, cast.rina.org.slug)
    await s.sell("INV-R", click_id=await s.click())
    method = {"kind": "bank", "provider": "bca", "account_name": "Rina"}
    for who in (cast.rina, cast.dimas):
        wish = method | {"account_number": "1234567890"}
        assert (await call(http, who, "PUT", "/v1/payout-method", wish)).status_code == 200
    await dimas_sells(s)
    assert await rinas_share() is None


async def test_the_share_is_reversed_with_its_parent(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await shop(http, cast)
    await joined(s, cast.rina.org.slug)
    await s.sell("INV-R", click_id=await s.click(), state="delivered")
    sale = await dimas_sells(s)
    path = f"/v1/sales/{sale['id']}"
    wish = {"refund_id": "R", "reason": "x", "amount": 50_000}
    assert (await s.send("POST", f"{path}/refunds", wish)).status_code == 201
    row = await rinas_share()
    assert row is not None
    assert (row.amount, row.reversed) == (2_000, 500)
    assert (await s.send("POST", f"{path}/state", {"state": "cancelled"})).status_code == 200
    row = await rinas_share()
    assert row is not None
    assert row.reversed == 2_000
    await clean()


async def test_an_order_raised_raises_the_share(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await shop(http, cast)
    await joined(s, cast.rina.org.slug)
    await s.sell("INV-R", click_id=await s.click())
    later = world.now() + timedelta(hours=2)
    await dimas_sells(s, placed_at=later.isoformat())
    raised = body("INV-D", placed_at=later.isoformat())
    raised["items"][0]["quantity"] = 3
    with world.at(later):
        reply = await s.send("PUT", "/v1/sales/website/INV-D", raised)
        assert reply.status_code == 200, reply.text
    found = await Commission.filter(kind="recruiter").order_by("-amount")
    assert [row.amount for row in found] == [2_000, 1_000]
    with world.at(later):
        await s.send("PUT", "/v1/sales/website/INV-D", body("INV-D", placed_at=later.isoformat()))
    found = await Commission.filter(kind="recruiter")
    assert sum(row.amount - row.reversed for row in found) == 2_000
    await clean()


async def test_the_share_is_inside_the_months_limit_and_the_budget(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    terms = {"rules": [ALL], **SHARE, "max_per_partner_month": 21_000}
    s = await shop(http, cast, terms)
    await joined(s, cast.rina.org.slug)
    await s.sell("INV-R", click_id=await s.click())
    await type(s.campaign).filter(id=s.campaign.id).update(budget=40_500)
    await dimas_sells(s)
    row = await rinas_share()
    assert row is not None
    assert (row.amount, row.because["notes"]) == (500, ["month_cap", "budget_spent"])
    await clean()


async def test_a_rejected_commission_takes_its_share_along(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await shop(http, cast)
    await joined(s, cast.rina.org.slug)
    await s.sell("INV-R", click_id=await s.click())
    sale = await dimas_sells(s)
    own = next(c for c in sale["commissions"] if c["kind"] == "percent")
    path = f"/v1/commissions/{own['id']}/reject"
    reply = await s.send("POST", path, {"reason_code": "fraud"})
    assert reply.status_code == 200, reply.text
    row = await rinas_share()
    assert row is not None
    assert row.amount - row.reversed == 0
    await clean()


async def test_terms_with_a_recruiters_share_are_accepted_and_said(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await set_up(http, cast)
    path = f"/v1/campaigns/{s.campaign.id}/terms"
    reply = await s.send("POST", path, {"rules": [ALL], **SHARE})
    assert reply.status_code == 201, reply.text
    assert reply.json()["recruiter"] == SHARE["recruiter"]
    assert any("mengajak mitra lain" in told for told in reply.json()["explain"]["id"])
    wrong = {"rules": [ALL], "recruiter": {"rate_bp": 5_001}}
    assert (await s.send("POST", path, wrong)).status_code == 422
