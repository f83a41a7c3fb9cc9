"""One order, several partners: shares, commissions per share, limits, changes afterwards."""

from typing import Any

import httpx2
import pytest
import pytest_asyncio

from dashboards.figures import audit as figures_audit
from dashboards.figures import rollup
from dashboards.figures.models import DailyFigure
from jejaring import world
from jejaring.ledger import audit as ledger_audit
from referrals.commissions import audit
from tests.cast import Cast, call
from tests.referrals import shop as stage
from tests.referrals.shop import Stage, body, percent, set_terms


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    return await stage.set_up(http, cast)


async def shared(s: Stage, terms: dict[str, Any], model: str = "linear", **more: Any) -> Any:
    """A sale that Rina's click and Dimas's, by one visitor, brought."""
    await set_terms(s.campaign, terms | {"attribution": {"model": model}})
    _, theirs = await s.join(s.cast.dimas)
    visitor = world.token(16)
    await s.click(visitor=visitor)
    click = await s.click(theirs, visitor=visitor)
    return await s.sell(click_id=click, **more)


async def clean() -> None:
    """The books agree, and the figures with what was told."""
    await rollup.run()
    assert await audit.audit() == []
    assert await ledger_audit.audit() == []
    assert await figures_audit.audit() == []


@pytest.mark.parametrize("model", ["linear", "position"])
async def test_two_partners_share_an_order_and_each_is_told_why(s: Stage, model: str) -> None:
    items = [{"sku": "KEMEJA", "quantity": 1, "unit_price": 100_001}]
    sale = await shared(s, percent(1000), model, items=items)
    assert sorted((c["partner"], c["share_bp"]) for c in sale["credit"]) == [
        ("dimas", 5_000),
        ("rina", 5_000),
    ]
    bases = [c["because"][0]["base"] for c in sale["commissions"]]
    assert sorted(bases) == [50_000, 50_001]
    assert sum(c["amount"] for c in sale["commissions"]) == 10_000
    found = (await s.send("GET", f"/v1/sales/{sale['id']}")).json()
    assert {t["reason"] for t in found["touches"]} == {model}
    assert len(found["items"][0]["credit"]) == 2
    for who in (s.cast.rina, s.cast.dimas):
        mine = (await call(s.http, who, "GET", "/v1/commissions")).json()["data"]
        assert [c["amount"] for c in mine] == [5_000]
    await clean()
    figures = await DailyFigure.all()
    assert sum(f.sales for f in figures) == 1
    amounts = [f.sales_amount for f in figures if f.sales_amount]
    assert sorted(amounts) == [50_000, 50_001]


@pytest.mark.parametrize(
    ("pay", "whole"),
    [
        ({"kind": "per_order", "amount": 5_001}, 5_001),
        ({"kind": "per_item", "amount": 333}, 666),
        ({"kind": "percent", "rate_bp": 1234}, 24_680),
    ],
)
async def test_parts_of_an_amount_re_add_to_it(s: Stage, pay: Any, whole: int) -> None:
    sale = await shared(s, {"rules": [{"name": "Semua", "when": {}, "pay": pay}]})
    assert sum(c["amount"] for c in sale["commissions"]) == whole


async def test_a_limit_per_order_holds_for_all_partners_together(s: Stage) -> None:
    sale = await shared(s, percent(1000, max_per_order=15_001))
    assert sorted(c["amount"] for c in sale["commissions"]) == [7_500, 7_501]
    assert all(c["because"][0]["notes"] == ["max_per_order"] for c in sale["commissions"])
    sent = body(items=[{"sku": "KEMEJA", "quantity": 3, "unit_price": 100_000}])
    changed = (await s.send("PUT", "/v1/sales/website/INV-1", sent)).json()
    assert [c["amount"] for c in changed["commissions"]] == [
        c["amount"] for c in sale["commissions"]
    ]


async def test_a_shared_order_that_changes_and_comes_back_ends_at_nothing(s: Stage) -> None:
    sale = await shared(s, percent(1000))
    sent = body(items=[{"sku": "KEMEJA", "quantity": 3, "unit_price": 100_001}])
    changed = (await s.send("PUT", "/v1/sales/website/INV-1", sent)).json()
    net: dict[str, int] = {}
    for c in changed["commissions"]:
        net[c["enrolment_id"]] = net.get(c["enrolment_id"], 0) + c["amount"] - c["reversed"]
    assert sum(net.values()) == 30_000
    await clean()
    gone = {"refund_id": "R-1", "reason": "retur", "amount": 300_003}
    await s.send("POST", f"/v1/sales/{sale['id']}/refunds", gone)
    for who in (s.cast.rina, s.cast.dimas):
        row = await s.balance(who)
        assert row is not None
        assert row.pending == 0
    await clean()


async def test_who_buys_from_themselves_loses_only_their_own_share(s: Stage) -> None:
    s.cast.rina.user.phone = "+6281234567890"
    await s.cast.rina.user.save(update_fields=["phone"])
    sale = await shared(s, percent(1000), buyer={"phone": "0812 3456 7890"})
    assert {c["enrolment_id"]: c["state"] for c in sale["commissions"]}[s.rina.id] == "rejected"
    assert sorted(c["amount"] for c in sale["commissions"]) == [10_000, 10_000]
    sent = body(
        items=[{"sku": "KEMEJA", "quantity": 1, "unit_price": 100_000}],
        buyer={"phone": "0812 3456 7890"},
    )
    changed = (await s.send("PUT", "/v1/sales/website/INV-1", sent)).json()
    assert sorted((c["state"], c["amount"] - c["reversed"]) for c in changed["commissions"]) == [
        ("pending", 5_000),
        ("rejected", 10_000),
    ]
    await clean()
