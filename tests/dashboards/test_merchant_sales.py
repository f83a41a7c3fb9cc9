"""Sales on pages: filters, the counter's form, why this partner, states and refunds."""

import httpx2

from referrals.orders.models import Refund, Sale
from tests import make
from tests.cast import Cast, sign_in
from tests.referrals import shop


async def test_the_counter_records_a_sale_by_a_code(http: httpx2.AsyncClient, cast: Cast) -> None:
    stage = await shop.set_up(http, cast)
    await make.coupon(stage.rina, "RINA10", created_at=stage.campaign.created_at)
    csrf = await sign_in(http, cast.laras)
    path = "/merchant/sales/new"
    page = (await http.get(path)).text
    order_id = page.split('name="order_id"')[1].split('value="')[1].split('"')[0]
    placed = page.split('name="placed"')[1].split('value="')[1].split('"')[0]
    sent = {"csrf": csrf, "rows": "3", "order_id": order_id, "placed": placed, "state": "paid"}
    reply = await http.post(path, data=sent | {"quantity-1": "2"})
    assert reply.status_code == 422
    assert "Pilih paling sedikit satu barang" in reply.text
    more = (await http.post(path, data=sent | {"do": "rows", "sku-1": "KEMEJA"})).text
    assert 'name="sku-6"' in more
    items = {"sku-1": "KEMEJA", "quantity-1": "2", "sku-3": "LAIN", "coupon": "rina10"}
    reply = await http.post(path, data=sent | items)
    assert reply.status_code == 422
    assert "tidak ada di katalog" in reply.text
    reply = await http.post(path, data=sent | items | {"price-3": "10.000"})
    assert "sale_credited" in reply.headers["location"]
    again = await http.post(path, data=sent | items | {"price-3": "10.000"})
    assert again.headers["location"].split("?")[0] == reply.headers["location"].split("?")[0]
    row = await Sale.get(merchant_id=cast.laras.id)
    assert (row.order_id, row.base) == (order_id, 380_000)
    assert "Rina Wulandari mendapat Rp38.000" in (await http.get(reply.headers["location"])).text
    other = await http.post(path, data=sent | {"sku-1": "KEMEJA"})
    assert other.status_code == 409
    late = await http.post(path, data=sent | items | {"placed": "soon", "order_id": "B"})
    assert late.status_code == 422


async def test_an_order_says_why(http: httpx2.AsyncClient, cast: Cast) -> None:
    stage = await shop.set_up(http, cast)
    _, link = await stage.join(cast.dimas)
    visitor = "v" * 16
    await stage.click(link, visitor=visitor)
    sale = await stage.sell(click_id=await stage.click(visitor=visitor))
    await sign_in(http, cast.laras)
    page = (await http.get(f"/merchant/sales/{sale['id']}")).text
    assert "Kenapa" in page
    assert "Dimas Prasetyo" in page
    assert page.count('class="win"') == 1
    assert "ketentuan versi 1" in page
    assert "Rp20.000" in page


async def test_states_and_refunds_by_hand(http: httpx2.AsyncClient, cast: Cast) -> None:
    stage = await shop.set_up(http, cast)
    sale = await stage.sell(click_id=await stage.click())
    csrf = await sign_in(http, cast.laras)
    path = f"/merchant/sales/{sale['id']}"
    reply = await http.post(f"{path}/refund", data={"csrf": csrf, "amount": "abc"})
    assert reply.status_code == 422
    assert 'value="abc"' in reply.text
    both = {"csrf": csrf, "amount": "1000", "line-1": "1", "reason": "x"}
    assert (await http.post(f"{path}/refund", data=both)).status_code == 422
    many = {"csrf": csrf, "line-1": "9", "reason": "x"}
    reply = await http.post(f"{path}/refund", data=many)
    assert reply.status_code == 422
    assert 'value="9"' in reply.text, "what was typed is kept"
    assert 'id="f-line-1-e"' in reply.text
    units = {"csrf": csrf, "line-1": "1", "reason": "ukuran salah", "refund_id": "R-1"}
    assert "refunded" in (await http.post(f"{path}/refund", data=units)).headers["location"]
    assert (await Refund.get(sale_id=sale["id"])).spread == {"1": 100_000}
    await http.post(f"{path}/state", data={"csrf": csrf, "state": "delivered"})
    assert (await Sale.get(id=sale["id"])).state == "delivered"
    back = await http.post(f"{path}/state", data={"csrf": csrf, "state": "placed"})
    assert back.status_code == 409
    await http.post(f"{path}/state", data={"csrf": csrf, "state": "cancelled"})
    assert "Dibatalkan" in (await http.get(path)).text


async def test_no_more_is_refunded_by_hand_than_is_left(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    stage = await shop.set_up(http, cast)
    sale = await stage.sell(click_id=await stage.click(), shipping=12_000)
    csrf = await sign_in(http, cast.laras)
    path = f"/merchant/sales/{sale['id']}"
    sent = {"csrf": csrf, "reason": "x", "refund_id": "R-1", "amount": "2.120.000"}
    reply = await http.post(f"{path}/refund", data=sent)
    assert reply.status_code == 422
    assert "Rp200.000 untuk barang dan Rp12.000 untuk ongkir" in reply.text
    assert 'value="2.120.000"' in reply.text
    assert await Refund.all().count() == 0
    for _ in range(2):
        reply = await http.post(f"{path}/refund", data=sent | {"amount": "205.000"})
        assert "refunded" in reply.headers["location"], "a form sent twice is one refund"
    assert (await Refund.get(sale_id=sale["id"])).spread == {"1": 200_000}
    told = {"csrf": csrf, "dispute_id": "CB", "outcome": "lost", "disputed": "212.001"}
    reply = await http.post(f"{path}/dispute", data=told)
    assert reply.status_code == 422
    assert "hanya Rp212.000" in reply.text
    assert await Refund.all().count() == 1


async def test_the_list_is_filtered(http: httpx2.AsyncClient, cast: Cast) -> None:
    stage = await shop.set_up(http, cast)
    await stage.sell("INV-A", click_id=await stage.click())
    await stage.sell("INV-B", source="shopee")
    await sign_in(http, cast.laras)

    async def seen(query: str) -> list[str]:
        page = (await http.get(f"/merchant/sales?{query}")).text
        return [name for name in ("INV-A", "INV-B") if f"<b>{name}</b>" in page]

    assert await seen("") == ["INV-A", "INV-B"]
    assert await seen("bare=1") == ["INV-B"]
    assert await seen("source=shopee") == ["INV-B"]
    assert await seen("order_id=INV-A") == ["INV-A"]
    assert await seen(f"campaign_id={stage.campaign.id}") == ["INV-A"]
    assert await seen("state=cancelled") == []
    assert await seen("from=2199-01-01&to=nonsense") == []
    assert (await http.get("/merchant/sales?cursor=broken")).status_code == 422
    nav = (await http.get("/merchant/sales")).text
    assert 'aria-current="page"' in nav
