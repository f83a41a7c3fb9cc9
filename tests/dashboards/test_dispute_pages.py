"""Chargebacks on the order's page, with what they did; and who changed an order, by hand or key."""

from typing import Any

import httpx2

from referrals.orders.models import Refund
from tests.cast import Cast, sign_in
from tests.referrals import shop
from tests.referrals.changing import move, refund
from tests.referrals.shop import Stage


async def _sold(http: httpx2.AsyncClient, cast: Cast) -> tuple[Stage, dict[str, Any], str]:
    stage = await shop.set_up(http, cast)
    sale = await stage.sell(click_id=await stage.click())
    return stage, sale, f"/merchant/sales/{sale['id']}"


async def test_a_stranger_is_refused(http: httpx2.AsyncClient, cast: Cast) -> None:
    _, _, path = await _sold(http, cast)
    reply = await http.post(f"{path}/dispute", data={"dispute_id": "D", "outcome": "lost"})
    assert reply.status_code in (303, 403)
    assert await Refund.all().count() == 0


async def test_the_rival_finds_nothing(http: httpx2.AsyncClient, cast: Cast) -> None:
    _, _, path = await _sold(http, cast)
    sent = {"csrf": await sign_in(http, cast.bukit), "dispute_id": "D", "outcome": "lost"}
    assert (await http.post(f"{path}/dispute", data=sent)).status_code == 404
    assert await Refund.all().count() == 0


async def test_a_dispute_is_lost_then_won_and_each_says_what_it_did(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    _, _, path = await _sold(http, cast)
    csrf = await sign_in(http, cast.laras)
    sent = {"csrf": csrf, "dispute_id": "CB-7", "outcome": "lost", "disputed": "50.000"}
    reply = await http.post(f"{path}/dispute", data=sent)
    page = (await http.get(reply.headers["location"])).text
    assert "Rp50.000 dari harga barang ditarik, komisi mitra berkurang Rp5.000" in page
    assert "ternyata menang" in page
    again = await http.post(f"{path}/dispute", data=sent)
    assert "info_dispute_known" in again.headers["location"]
    other = await http.post(f"{path}/dispute", data=sent | {"disputed": "60.000"})
    assert other.status_code == 409
    assert 'id="f-disputed-e"' in other.text
    assert 'value="60.000"' in other.text
    won = {"csrf": csrf, "dispute_id": "CB-7", "outcome": "won"}
    reply = await http.post(f"{path}/dispute", data=won)
    page = (await http.get(reply.headers["location"])).text
    assert "Komisi yang kembali ke mitra: Rp5.000" in page
    assert "ternyata menang" not in page
    assert page.count("Laras Setyowati") >= 2
    assert "Sengketa dicatat kalah" in page


async def test_what_is_wrong_stands_at_its_field(http: httpx2.AsyncClient, cast: Cast) -> None:
    _, _, path = await _sold(http, cast)
    csrf = await sign_in(http, cast.laras)
    sent = {"csrf": csrf, "dispute_id": "", "outcome": "draw", "disputed": "x"}
    reply = await http.post(f"{path}/dispute", data=sent)
    assert reply.status_code == 422
    assert 'id="f-dispute_id-e"' in reply.text
    assert 'id="f-disputed-e"' in reply.text
    reply = await http.post(f"{path}/dispute", data=sent | {"dispute_id": "D", "disputed": "0"})
    assert reply.status_code == 422
    assert 'href="#f-outcome"' in reply.text
    assert await Refund.all().count() == 0


async def test_a_dispute_beyond_the_goods_changes_no_commission(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    stage, sale, path = await _sold(http, cast)
    assert (await refund(stage, sale, "R-1", amount=200_000)).status_code == 201
    csrf = await sign_in(http, cast.laras)
    sent = {"csrf": csrf, "dispute_id": "CB-8", "outcome": "lost", "disputed": "10.000"}
    reply = await http.post(f"{path}/dispute", data=sent)
    assert "Tidak ada komisi yang berubah" in (await http.get(reply.headers["location"])).text


async def test_what_a_key_changed_is_named_after_the_key(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    stage, sale, path = await _sold(http, cast)
    assert (await refund(stage, sale, "R-1", amount=10_000)).status_code == 201
    assert (await refund(stage, sale, "R-1", amount=10_000)).status_code == 200
    assert (await move(stage, sale, "delivered")).status_code == 200
    assert (await move(stage, sale, "delivered")).status_code == 200
    lost = {"dispute_id": "D-1", "outcome": "lost", "amount": 1_000}
    reply = await stage.send("POST", f"/v1/sales/{sale['id']}/disputes", lost)
    assert reply.status_code == 201
    await sign_in(http, cast.laras)
    page = (await http.get(path)).text
    assert page.count("kunci API test") == 3, "what was known already is not told twice"
    assert "Keadaan pesanan diubah" in page
    await sign_in(http, cast.sari)
    told = (await http.get("/operator/trail?family=sale.")).text
    assert "Pengembalian dana dicatat" in told


async def test_a_refund_that_waits_for_its_order_names_who_sent_it(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    stage, _, _ = await _sold(http, cast)
    sent = {"source": "website", "order_id": "LATER", "refund_id": "R", "reason": "x", "amount": 1}
    assert (await stage.send("POST", "/v1/refunds", sent)).status_code == 202
    await sign_in(http, cast.sari)
    assert "Pengembalian dana dicatat" in (await http.get("/operator/trail?family=sale.")).text
