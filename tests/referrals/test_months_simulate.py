"""Last month's sales under new terms, beside the real ones; nothing is stored."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from campaigns.terms.models import TermsVersion
from jejaring import world
from jejaring.hooks.models import Event
from referrals.commissions.models import Commission
from referrals.months.gather import orders_of
from referrals.orders.rules import Shop
from tests import make
from tests.cast import Cast, call, sign_in
from tests.referrals.shop import Stage, set_terms, set_up

OCTOBER = datetime(2026, 10, 5, 5, tzinfo=UTC)
NOW = datetime(2026, 11, 10, tzinfo=UTC)
STEPS = [{"from": 0, "rate_bp": 500}, {"from": 300_000, "rate_bp": 1_000}]


def flat(rate_bp: int, **more: Any) -> dict[str, Any]:
    rule = {"name": "Semua", "when": {}, "pay": {"kind": "percent", "rate_bp": rate_bp}}
    return {"rules": [rule | more]}


async def october(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    """Rina sells twice, Dimas once; one of Rina's is half refunded."""
    with world.at(OCTOBER):
        s = await set_up(http, cast)
        _, link = await s.join(cast.dimas)
        for n, through in enumerate((None, None, link)):
            sale = await s.sell(f"INV-{n}", click_id=await s.click(through), state="delivered")
    path = f"/v1/sales/{sale['id']}/refunds"
    await s.send("POST", path, {"refund_id": "R", "reason": "x", "amount": 100_000})
    return s


async def simulate(s: Stage, terms: dict[str, Any]) -> dict[str, Any]:
    with world.at(NOW):
        path = f"/v1/campaigns/{s.campaign.id}/terms/simulate"
        reply = await s.send("POST", path, terms)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


async def test_a_stranger_and_the_rival_simulate_nothing(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await set_up(http, cast)
    path = f"/v1/campaigns/{s.campaign.id}/terms/simulate"
    assert (await http.post(path, json=flat(1))).status_code == 401
    assert (await call(http, cast.bukit, "POST", path, flat(1))).status_code == 404
    wrong = await s.send("POST", path, {"rules": [{"pay": {"kind": "percent"}}]})
    assert wrong.status_code == 422


async def test_the_same_terms_pay_the_same(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await october(http, cast)
    found = await simulate(s, flat(1_000))
    assert (found["sales"], found["real"], found["new"], found["difference"]) == (
        3,
        50_000,
        50_000,
        0,
    )
    assert found["since"].startswith("2026-09-30T17:00:00")
    assert [(p["partner"], p["real"], p["new"]) for p in found["partners"]] == [
        (cast.rina.org.slug, 40_000, 40_000),
        (cast.dimas.org.slug, 10_000, 10_000),
    ]


async def test_new_terms_are_worked_out_and_nothing_is_stored(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await october(http, cast)
    before = (await Commission.all().count(), await Event.all().count())
    tiers = {"name": "T", "when": {}, "pay": {"kind": "tiers", "mode": "whole", "steps": STEPS}}
    bonus = {"name": "B", "when": {}, "pay": {"kind": "bonus", "amount": 5_000, "at_sales": 2}}
    clicks = {"name": "K", "pay": {"kind": "per_click", "amount": 5, "max_per_day": 100}}
    found = await simulate(s, {"rules": [tiers, bonus, clicks]})
    assert [(r["rule"], r["new"]) for r in found["rules"]] == [("T", 45_000), ("B", 5_000)]
    assert (found["new"], found["left_out"]) == (50_000, ["per_click"])
    assert before == (await Commission.all().count(), await Event.all().count())
    assert await TermsVersion.all().count() == 1


async def test_limits_per_order_and_month_count(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await october(http, cast)
    found = await simulate(s, flat(1_000, max_per_order=8_000, max_per_partner_month=12_000))
    assert [p["new"] for p in found["partners"]] == [12_000, 4_000]
    bonus = {"name": "B", "when": {}, "pay": {"kind": "bonus", "amount": 50_000, "at_sales": 1}}
    found = await simulate(s, {"rules": [bonus], "max_per_partner_month": 20_000})
    assert found["new"] == 40_000


async def test_a_draft_is_tried_on_all_that_it_covers(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await october(http, cast)
    draft = await make.campaign(cast.laras.org, state="draft", launched_at=None)
    s.campaign = draft
    assert (await simulate(s, flat(2_000)))["new"] == 100_000


async def test_without_sales_last_month_the_last_thirty_days_count(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await set_up(http, cast)
    await s.sell("INV-1", click_id=await s.click())
    path = f"/v1/campaigns/{s.campaign.id}/terms/simulate"
    with world.at(world.now() + timedelta(seconds=2)):
        found = (await s.send("POST", path, flat(2_000))).json()
    assert (found["real"], found["new"]) == (20_000, 40_000)


async def test_the_page_works_it_out_only_when_asked(
    http: httpx2.AsyncClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    s = await october(http, cast)
    await sign_in(http, cast.laras)
    path = f"/merchant/campaigns/{s.campaign.id}/terms"
    read = []

    async def counted(shop: Shop, ids: list[str]) -> Any:
        read.append(len(ids))
        return await orders_of(shop, ids)

    monkeypatch.setattr("referrals.months.simulate.orders_of", counted)
    with world.at(NOW):
        page = (await http.get(path)).text
        assert "Coba bulan lalu" in page
        assert read == []
        assert "Rp50.000" in (await http.get(f"{path}/trial")).text
    assert read == [3, 3], "under the terms in force and under the new"


async def test_partners_who_share_orders_get_the_same_odd_rupiah(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    """Rina's touch has the lower id each time, and with it the odd rupiah of a limit per order."""
    terms = flat(1_000, max_per_order=7_001) | {"attribution": {"model": "linear"}}
    with world.at(OCTOBER):
        s = await set_up(http, cast)
        await set_terms(s.campaign, terms)
        _, theirs = await s.join(cast.dimas)
        for n in range(16):
            await s.click(id=f"a{n}", visitor=f"v{n}")
            await s.sell(f"INV-{n}", click_id=await s.click(theirs, id=f"b{n}", visitor=f"v{n}"))
    found = await simulate(s, terms)
    assert {p["partner"]: (p["real"], p["new"]) for p in found["partners"]} == {
        "rina": (16 * 3_501, 16 * 3_501),
        "dimas": (16 * 3_500, 16 * 3_500),
    }
