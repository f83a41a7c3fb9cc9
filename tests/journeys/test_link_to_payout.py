"""The main job, end to end over HTTP: a link that becomes a payout, and a refund after it."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from jejaring import commands, world
from jejaring.settings import settings
from referrals.commissions.release import release_due
from tests.cast import Cast, Member, call

TERMS: dict[str, object] = {
    "rules": [{"name": "Semua", "when": {}, "pay": {"kind": "percent", "rate_bp": 1000}}]
}


async def ok(
    http: httpx2.AsyncClient, who: Member, method: str, path: str, json: object = None
) -> dict[str, Any]:
    reply = await call(http, who, method, path, json)
    assert reply.status_code in (200, 201), (path, reply.status_code, reply.text)
    found: dict[str, Any] = reply.json()
    return found


async def launch(http: httpx2.AsyncClient, cast: Cast, terms: dict[str, object]) -> str:
    """A product, and a live open campaign over the whole shop."""
    await ok(
        http,
        cast.laras,
        "POST",
        "/v1/products",
        {"sku": "KEMEJA-1", "name": "Kemeja Jlamprang", "price": 185_000},
    )
    draft = await ok(
        http,
        cast.laras,
        "POST",
        "/v1/campaigns",
        {
            "name": "Batik Akhir Tahun",
            "product_ids": [],
            "joining": "open",
            "audience": ["reseller", "influencer"],
            "terms": terms,
        },
    )
    live = await ok(http, cast.laras, "POST", f"/v1/campaigns/{draft['id']}/launch")
    assert live["state"] == "live"
    return str(draft["id"])


def sale(order_id: str, click_id: str | None, at: str, **more: object) -> dict[str, object]:
    return {
        "order_id": order_id,
        "source": "website",
        "placed_at": at,
        "state": "paid",
        "items": [{"sku": "KEMEJA-1", "quantity": 2, "unit_price": 185_000}],
        "shipping": 12_000,
        "currency": "IDR",
        "click_id": click_id,
        **more,
    }


async def balance(http: httpx2.AsyncClient, who: Member) -> dict[str, int]:
    rows = (await call(http, who, "GET", "/v1/balance")).json()["data"]
    assert len(rows) == 1
    row: dict[str, int] = rows[0]
    taken = row["owed_back"] + row["written_off"] + row["repaid"]
    parts = ("pending", "held", "payable", "in_payout", "paid")
    assert row["earned"] == sum(row[part] for part in parts) - taken
    return row


@pytest.fixture
async def clicked(http: httpx2.AsyncClient, cast: Cast) -> str:
    """Rina joins, shares her link, a buyer opens it: the click id that the shop is handed."""
    campaign = await launch(http, cast, TERMS)
    joined = await ok(
        http, cast.rina, "POST", "/v1/enrolments", {"campaign_id": campaign, "role": "reseller"}
    )
    reply = await http.get(
        f"/r/{joined['link']['code']}", headers={"User-Agent": "Mozilla/5.0 (Android)"}
    )
    assert reply.status_code == 302
    target = httpx2.URL(reply.headers["location"])
    return str(target.params["jj"])


async def test_a_link_becomes_a_payout_and_a_refund_after_it_is_owed_back(
    http: httpx2.AsyncClient, cast: Cast, clicked: str
) -> None:
    start = world.now()
    recorded = await ok(
        http, cast.laras, "POST", "/v1/sales", sale("INV-1", clicked, start.isoformat())
    )
    (commission,) = recorded["commissions"]
    assert commission["amount"] == 37_000
    assert commission["state"] == "pending"
    assert (await balance(http, cast.rina))["pending"] == 37_000

    await ok(
        http,
        cast.laras,
        "POST",
        f"/v1/sales/{recorded['id']}/state",
        {"state": "delivered", "at": start.isoformat()},
    )
    await ok(
        http,
        cast.rina,
        "PUT",
        "/v1/payout-method",
        {
            "kind": "bank",
            "provider": "bca",
            "account_number": "1234564821",
            "account_name": "Rina Wulandari",
        },
    )
    with world.at(start + timedelta(days=8)):
        await _a_week_later(http, cast, str(recorded["id"]))
    assert await commands.differences(settings()) == []


async def _a_week_later(http: httpx2.AsyncClient, cast: Cast, sale_id: str) -> None:
    await release_due()
    assert (await balance(http, cast.rina))["payable"] == 37_000

    run = await ok(http, cast.laras, "POST", "/v1/payout-runs", {})
    assert run["totals"] == {"gross": 37_000, "netted": 0, "tax": 0, "fee": 0, "net": 37_000}
    await ok(http, cast.laras, "POST", f"/v1/payout-runs/{run['id']}/approve")
    assert (await balance(http, cast.rina))["in_payout"] == 37_000
    file = await call(http, cast.laras, "GET", f"/v1/payout-runs/{run['id']}/file?format=bca")
    assert file.status_code == 200
    assert file.headers["jejaring-left-out"] == "0"
    approved = await ok(http, cast.laras, "GET", f"/v1/payout-runs/{run['id']}")
    payout = approved["payouts"][0]
    await ok(
        http,
        cast.laras,
        "POST",
        f"/v1/payouts/{payout['id']}/settle",
        {"outcome": "paid", "reference": "BCA-1"},
    )
    assert (await balance(http, cast.rina))["paid"] == 37_000

    await ok(
        http,
        cast.laras,
        "POST",
        f"/v1/sales/{sale_id}/refunds",
        {"refund_id": "R-1", "reason": "kekecilan", "items": [{"line": 1, "quantity": 1}]},
    )
    after = await balance(http, cast.rina)
    assert (after["paid"], after["owed_back"], after["earned"]) == (37_000, 18_500, 18_500)


async def test_an_order_in_the_second_of_its_click_is_credited(
    http: httpx2.AsyncClient, cast: Cast, clicked: str
) -> None:
    """Web shops send whole seconds."""
    whole = world.now().replace(microsecond=0).isoformat()
    recorded = await ok(http, cast.laras, "POST", "/v1/sales", sale("INV-2", clicked, whole))
    assert [row["partner"] for row in recorded["credit"]] == ["rina"]
    assert recorded["notes"] == []


async def test_a_click_after_the_order_is_named_and_earns_nothing(
    http: httpx2.AsyncClient, cast: Cast, clicked: str
) -> None:
    earlier = (world.now() - timedelta(minutes=5)).isoformat()
    recorded = await ok(http, cast.laras, "POST", "/v1/sales", sale("INV-3", clicked, earlier))
    assert recorded["credit"] == []
    assert [note["code"] for note in recorded["notes"]] == ["after_sale"]
