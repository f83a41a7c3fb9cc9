"""The machine door: statuses, shapes, refusals."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from jejaring import world
from referrals.orders.models import Sale
from tests import make
from tests.cast import Cast
from tests.referrals import shop as stage
from tests.referrals.shop import Stage, body

ROUTES = [
    ("POST", "/v1/sales", body()),
    ("GET", "/v1/sales", None),
    ("GET", "/v1/sales/{id}", None),
    ("POST", "/v1/sales/batch", {"sales": [body()]}),
    ("PUT", "/v1/sales/website/INV-1", body()),
    ("POST", "/v1/sales/{id}/state", {"state": "delivered"}),
    ("POST", "/v1/sales/{id}/refunds", {"refund_id": "R", "reason": "x", "amount": 1}),
    (
        "POST",
        "/v1/refunds",
        {"refund_id": "R", "reason": "x", "amount": 1, "source": "api", "order_id": "1"},
    ),
]


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    return await stage.set_up(http, cast)


@pytest.mark.parametrize(("method", "path", "json"), ROUTES)
async def test_a_stranger_is_refused(s: Stage, method: str, path: str, json: Any) -> None:
    assert (await s.http.request(method, path, json=json)).status_code == 401
    partner = await s.send(method, path, json, s.cast.rina)
    assert partner.status_code == 403


async def test_the_rival_sees_nothing(s: Stage) -> None:
    sale = await s.sell()
    for method, path, json in ROUTES:
        if "{id}" in path:
            reply = await s.send(method, path.format(id=sale["id"]), json, s.cast.bukit)
            assert reply.status_code == 404, path
    assert (await s.send("GET", "/v1/sales", who=s.cast.bukit)).json()["data"] == []
    # The same order id is another order in another shop.
    assert (await s.send("POST", "/v1/sales", body(), s.cast.bukit)).status_code == 201


async def test_the_sale_s_shape(s: Stage) -> None:
    click = await s.click()
    sale = await s.sell(click_id=click, discount=10_000, shipping=12_000)
    (commission,) = sale["commissions"]
    (because,) = commission["because"]
    (credit,) = sale["credit"]
    assert {k: sale[k] for k in ("order_id", "source", "state", "currency")} == {
        "order_id": "INV-1",
        "source": "website",
        "state": "paid",
        "currency": "IDR",
    }
    assert (sale["items_total"], sale["discount"], sale["base"]) == (200_000, 10_000, 190_000)
    assert credit["enrolment_id"] == s.rina.id
    assert (credit["partner"], credit["share_bp"], credit["by"]) == ("rina", 10_000, "click")
    assert credit["because"].startswith("Klik terakhir sebelum pembelian: link rina")
    assert (commission["line"], commission["kind"]) == (1, "percent")
    assert (commission["amount"], commission["reversed"]) == (19_000, 0)
    assert commission["state"] == "pending"
    assert commission["release_at"] is not None
    assert because["rule"] == "Semua"
    assert (because["base"], because["rate_bp"], because["amount"]) == (190_000, 1000, 19_000)
    assert because["text"] == "Semua: 10% dari Rp190.000 = Rp19.000."
    assert sale["notes"] == []


async def test_words_come_in_the_asker_s_language(s: Stage) -> None:
    headers = {**s.cast.laras.headers, "Accept-Language": "en"}
    sent = body(click_id="nowhere")
    reply = await s.http.post("/v1/sales", headers=headers, json=sent)
    (note,) = reply.json()["notes"]
    assert note["code"] == "click_unknown"
    assert note["text"].startswith("This click_id is not a click of your shop")


async def test_the_same_again_is_200_and_other_content_409(s: Stage) -> None:
    sent = body(click_id=await s.click(), state="delivered")
    first = await s.send("POST", "/v1/sales", sent)
    again = await s.send("POST", "/v1/sales", sent | {"note": None, "discount": 0})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    other = await s.send("POST", "/v1/sales", sent | {"shipping": 1})
    assert other.status_code == 409
    assert other.json()["code"] == "order_exists"


async def test_a_state_by_its_own_route_does_not_make_the_body_differ(s: Stage) -> None:
    sent = body()
    sale = (await s.send("POST", "/v1/sales", sent)).json()
    await s.send("POST", f"/v1/sales/{sale['id']}/state", {"state": "delivered"})
    again = await s.send("POST", "/v1/sales", sent)
    assert again.status_code == 200
    assert again.json()["state"] == "delivered"


BAD: list[tuple[str, dict[str, Any]]] = [
    ("/items/0/quantity", {"items": [{"sku": "K", "quantity": 0, "unit_price": 1}]}),
    ("/items/0/quantity", {"items": [{"sku": "K", "quantity": 100_001, "unit_price": 1}]}),
    ("/items/0/quantity", {"items": [{"sku": "K", "quantity": True, "unit_price": 1}]}),
    ("/items/0/unit_price", {"items": [{"sku": "K", "quantity": 1, "unit_price": 10.0}]}),
    ("/items/0/unit_price", {"items": [{"sku": "K", "quantity": 1, "unit_price": "10"}]}),
    ("/items/0/unit_price", {"items": [{"sku": "K", "quantity": 1, "unit_price": -1}]}),
    ("/items/0/unit_price", {"items": [{"sku": "K", "quantity": 1, "unit_price": 10**12 + 1}]}),
    ("/items", {"items": [{"sku": "K", "quantity": 2, "unit_price": 10**12}]}),
    ("/items", {"items": []}),
    ("/items", {"items": [{"sku": "K", "quantity": 1, "unit_price": 1}] * 501}),
    ("/items/0/warna", {"items": [{"sku": "K", "quantity": 1, "unit_price": 1, "warna": "biru"}]}),
    ("/items/0/sku", {"items": [{"sku": " ", "quantity": 1, "unit_price": 1}]}),
    ("/currency", {"currency": "USD"}),
    ("/source", {"source": "toko"}),
    ("/state", {"state": "sent"}),
    ("/placed_at", {"placed_at": "2026-11-24"}),
    ("/placed_at", {"placed_at": "2026-11-24T10:00:00"}),
    ("/placed_at", {"placed_at": "2026-13-24T10:00:00Z"}),
    ("/placed_at", {"placed_at": "9999-01-01T10:00:00Z"}),
    ("/placed_at", {"placed_at": (world.now() + timedelta(days=1)).isoformat()}),
    ("/updated_at", {"updated_at": (world.now() + timedelta(days=1)).isoformat()}),
    ("/discount", {"discount": 200_001}),
    ("/discount", {"discount": -1}),
    ("/apa", {"apa": 1}),
    ("/order_id", {"order_id": "x" * 81}),
    ("/buyer/nama", {"buyer": {"nama": "x"}}),
    ("/note", {"note": "a\x00b"}),
]


@pytest.mark.parametrize(("pointer", "change"), BAD)
async def test_bad_input_is_named_by_its_pointer(
    s: Stage, pointer: str, change: dict[str, Any]
) -> None:
    reply = await s.send("POST", "/v1/sales", body() | change)
    assert reply.status_code == 422, reply.text
    assert pointer in [e["pointer"] for e in reply.json()["errors"]]
    assert await Sale.all().count() == 0


async def test_a_missing_field_is_named(s: Stage) -> None:
    sent = body()
    for name in ("order_id", "source", "placed_at", "state", "currency", "items"):
        left = {k: v for k, v in sent.items() if k != name}
        reply = await s.send("POST", "/v1/sales", left)
        assert [e["pointer"] for e in reply.json()["errors"]] == [f"/{name}"]


async def test_a_batch_answers_each_on_its_own(s: Stage) -> None:
    at = world.now().isoformat()
    good = [body(f"INV-{i}", placed_at=at, click_id=await s.click()) for i in range(3)]
    sales = [*good, good[0], body("INV-1", placed_at=at), body("X", state="?"), 7]
    reply = await s.send("POST", "/v1/sales/batch", {"sales": sales})
    assert reply.status_code == 200
    results = reply.json()["results"]
    assert [r["status"] for r in results] == [201, 201, 201, 200, 409, 422, 422]
    assert results[3]["sale"]["id"] == results[0]["sale"]["id"]
    assert results[0]["sale"]["commissions"][0]["amount"] == 20_000
    assert results[4]["problem"]["code"] == "order_exists"
    assert results[5]["problem"]["errors"][0]["pointer"] == "/state"
    again = await s.send("POST", "/v1/sales/batch", {"sales": good})
    assert [r["status"] for r in again.json()["results"]] == [200, 200, 200]
    assert [r["sale"]["id"] for r in again.json()["results"]] == [
        r["sale"]["id"] for r in results[:3]
    ]


@pytest.mark.parametrize("count", [0, 1001])
async def test_a_batch_has_one_to_a_thousand_sales(s: Stage, count: int) -> None:
    reply = await s.send("POST", "/v1/sales/batch", {"sales": [{}] * count})
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"] == "/sales"


async def test_a_thousand_sales_in_one_batch(s: Stage) -> None:
    sales = [body(f"INV-{i}") for i in range(1000)]
    reply = await s.send("POST", "/v1/sales/batch", {"sales": sales})
    assert {r["status"] for r in reply.json()["results"]} == {201}
    assert await Sale.all().count() == 1000


async def test_a_sale_in_full_says_why_this_partner(s: Stage) -> None:
    dimas, _ = await s.join(s.cast.dimas)
    await make.coupon(dimas, "DIMAS10")
    made = await s.sell(click_id=await s.click(), coupon="DIMAS10")
    whole = (await s.send("GET", f"/v1/sales/{made['id']}")).json()
    (line,) = whole["items"]
    assert (line["line"], line["sku"], line["base"]) == (1, "KEMEJA", 200_000)
    assert line["product_id"] == s.product.id
    assert line["credit"][0]["partner"] == "dimas"
    assert line["credit"][0]["item"] == "direct"
    won, lost = whole["touches"]
    assert (won["partner"], won["won"], won["reason"]) == ("dimas", True, "coupon")
    assert (lost["partner"], lost["won"], lost["reason"]) == ("rina", False, "lost_to_coupon")
    assert lost["text"] == "Kalah dari kode yang dipakai pembeli."
    assert whole["refunds"] == []


async def test_a_line_is_paid_by_one_campaign_and_the_summary_adds_up(s: Stage) -> None:
    mug = await make.product(s.cast.laras.org, sku="MUG")
    began = world.now() - timedelta(days=30)
    mugs = await make.campaign(s.cast.laras.org, mug, created_at=began, launched_at=began)
    _, link = await s.join(s.cast.dimas, mugs)
    first = await s.click(visitor="kuki", at=world.now() - timedelta(hours=3))
    await s.click(link, visitor="kuki")
    items = [
        {"sku": "KEMEJA", "quantity": 1, "unit_price": 30_000},
        {"sku": "MUG", "quantity": 1, "unit_price": 10_000},
    ]
    made = await s.sell(click_id=first, items=items)
    assert [(c["partner"], c["share_bp"]) for c in made["credit"]] == [
        ("rina", 7_500),
        ("dimas", 2_500),
    ]
    assert [(c["line"], c["amount"]) for c in made["commissions"]] == [(1, 3_000), (2, 1_000)]


async def test_lists_are_filtered_and_paged(s: Stage) -> None:
    for i in range(3):
        await s.sell(f"INV-{i}", click_id=await s.click() if i else None)
    await s.sell("TOKO-1", source="shopee", state="delivered")

    async def listed(query: str) -> list[str]:
        reply = await s.send("GET", f"/v1/sales?{query}")
        assert reply.status_code == 200, reply.text
        return [row["order_id"] for row in reply.json()["data"]]

    assert await listed("") == ["TOKO-1", "INV-2", "INV-1", "INV-0"]
    assert await listed("source=shopee") == ["TOKO-1"]
    assert await listed("state=paid&order_id=INV-1") == ["INV-1"]
    assert await listed(f"campaign_id={s.campaign.id}") == ["INV-2", "INV-1"]
    today = (world.now() + timedelta(hours=7)).date()
    assert len(await listed(f"from={today}&to={today}")) == 4
    assert await listed(f"to={today - timedelta(days=1)}") == []
    later = (world.now() + timedelta(hours=1)).isoformat().replace("+", "%2B")
    assert await listed(f"from={later}") == []
    first = (await s.send("GET", "/v1/sales?limit=3")).json()
    rest = (await s.send("GET", f"/v1/sales?limit=3&cursor={first['next_cursor']}")).json()
    assert [r["order_id"] for r in rest["data"]] == ["INV-0"]
    assert rest["next_cursor"] is None
    for wrong in ("from=kemarin", "from=0001-01-01", "to=9999-12-31", "order_id=%00", "x=1"):
        assert (await s.send("GET", f"/v1/sales?{wrong}")).status_code == 422


async def test_an_order_id_may_hold_slashes(s: Stage) -> None:
    sent = body("INV/2026/1")
    reply = await s.send("PUT", "/v1/sales/website/INV%2F2026%2F1", sent)
    assert reply.status_code == 201
    assert reply.json()["order_id"] == "INV/2026/1"
    other = await s.send("PUT", "/v1/sales/website/INV-2", sent)
    assert other.json()["errors"][0]["pointer"] == "/order_id"
    strange = await s.send("PUT", "/v1/sales/toko/INV-2", body("INV-2", source=None))
    assert strange.json()["errors"][0]["pointer"] == "/source"
