"""Earnings: every rupiah with its reason, filters, the next payout, the numbers explained."""

import httpx2
import pytest

from campaigns.lifecycle.models import Campaign
from jejaring import world
from jejaring.identity.models import Organisation, User
from jejaring.payouts import queries as money
from jejaring.payouts import run as money_run
from jejaring.payouts.models import PayoutMethod
from referrals.orders.models import Sale
from tests import make
from tests.cast import Cast, sign_in
from tests.dashboards import partner_world
from tests.referrals import shop


async def test_each_line_says_how_why_and_when(http: httpx2.AsyncClient, cast: Cast) -> None:
    await partner_world.build(http, cast)
    await sign_in(http, cast.rina)
    page = (await http.get("/partner/earnings")).text
    for fact in (
        "Kemeja Jlamprang × 2", "INV-NEW", "2 × Rp100.000", "× 10%", "Rp20.000",
        "Klik terakhir sebelum membeli: link Anda", "7 hari setelah pesanan diterima",
        "Sudah bisa, sejak", "Sudah dibayar.", "/partner/payouts/pay_",
    ):  # fmt: skip
        assert fact in page, fact


async def test_the_numbers_add_up_and_are_explained(http: httpx2.AsyncClient, cast: Cast) -> None:
    await partner_world.build(http, cast)
    await sign_in(http, cast.rina)
    page = (await http.get("/partner/earnings")).text
    (balance,), _ = await money.balances(partner_id=cast.rina.id)
    assert balance.earned == balance.pending + balance.payable + balance.paid == 120_000
    for fact in ("Apa arti angka ini?", "+ Rp40.000", "+ Rp60.000", "Rp120.000"):
        assert fact in page, fact


@pytest.mark.parametrize(
    ("state", "order"), [("pending", "NEW"), ("payable", "MID"), ("paid", "OLD")]
)
async def test_a_state_is_filtered(
    http: httpx2.AsyncClient, cast: Cast, state: str, order: str
) -> None:
    await partner_world.build(http, cast)
    await sign_in(http, cast.rina)
    page = (await http.get(f"/partner/earnings?state={state}")).text
    shown = [one for one in ("NEW", "MID", "OLD") if f"INV-{one}" in page]
    assert shown == [order]


async def test_an_unknown_state_shows_everything(http: httpx2.AsyncClient, cast: Cast) -> None:
    await partner_world.build(http, cast)
    await sign_in(http, cast.rina)
    page = (await http.get("/partner/earnings?state=nonsense")).text
    assert page.count('<details class="ln"') == 3


async def test_the_next_payout_nets_what_was_returned(http: httpx2.AsyncClient, cast: Cast) -> None:
    w = await partner_world.build(http, cast)
    sale = await Sale.get(order_id="INV-OLD")
    sent = {"refund_id": "R1", "reason": "salah ukuran", "amount": 100_000}
    reply = await w.stage.send("POST", f"/v1/sales/{sale.id}/refunds", sent)
    assert reply.status_code == 201, reply.text
    await sign_in(http, cast.rina)
    page = (await http.get("/partner/earnings")).text
    for fact in ("Potong retur setelah dibayar", "−Rp10.000", "Rp30.000", "Pengembalian ke pembeli",
                 "dipotong dari pencairan berikutnya"):  # fmt: skip
        assert fact in page, fact


async def test_below_the_minimum_the_page_says_why(http: httpx2.AsyncClient, cast: Cast) -> None:
    await partner_world.build(http, cast)
    await Organisation.filter(id=cast.laras.id).update(payout_minimum=50_000)
    await sign_in(http, cast.rina)
    page = (await http.get("/partner/earnings")).text
    assert "di bawah minimum toko Rp50.000" in page


async def test_without_an_account_the_page_leads_to_it(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    w = await partner_world.build(http, cast)
    await PayoutMethod.filter(partner_id=cast.rina.id).update(cancelled_at=world.now())
    await sign_in(http, cast.rina)
    page = (await http.get("/partner/earnings")).text
    assert "rekening Anda belum diisi" in page
    assert "Isi rekening" in (await http.get("/partner")).text
    await money_run.approve(
        partner_world.as_caller(cast.laras),
        (await money_run.preview(partner_world.as_caller(cast.laras))).id,
    )
    assert w.payout_id in (await http.get("/partner/payouts")).text


async def test_what_returns_eat_up_is_said(http: httpx2.AsyncClient, cast: Cast) -> None:
    w = await partner_world.build(http, cast)
    sale = await Sale.get(order_id="INV-OLD")
    sent = {"refund_id": "R1", "reason": "retur", "amount": 500_000}
    await w.stage.send("POST", f"/v1/sales/{sale.id}/refunds", sent)
    await sign_in(http, cast.rina)
    page = (await http.get("/partner/earnings")).text
    assert "habis untuk potongan retur Rp50.000" in page


async def test_with_nothing_payable_the_page_says_so(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await shop.set_up(http, cast)
    await s.sell("INV-D", state="delivered", click_id=await s.click())
    await sign_in(http, cast.rina)
    page = (await http.get("/partner/earnings")).text
    assert "Belum ada yang bisa dicairkan dari Batik Laras" in page


async def test_a_self_referral_is_shown_with_its_reason(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await shop.set_up(http, cast)
    await User.filter(id=cast.rina.user.id).update(phone="+6281234567890")
    await make.coupon(s.rina, "RINA10")
    await s.sell("INV-S", coupon="RINA10", buyer={"phone": "0812-3456-7890"})
    await s.sell("INV-T", coupon="RINA10")
    await sign_in(http, cast.rina)
    page = (await http.get("/partner/earnings?state=rejected")).text
    assert "Ditolak." in page
    assert "Pembelian sendiri: nomor HP" in page
    assert "INV-T" not in page


async def test_shops_are_apart_and_their_total_is_above(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await partner_world.build(http, cast)
    campaign: Campaign = await make.campaign(cast.bukit.org)
    await make.product(cast.bukit.org, sku="GAYO", name="Kopi Gayo", price=50_000)
    place = await make.enrolment(campaign, cast.rina.org)
    await make.coupon(place, "RINAKOPI")
    items = [{"sku": "GAYO", "quantity": 1, "unit_price": 50_000}]
    body = shop.body("K-1", coupon="RINAKOPI", items=items)
    reply = await http.post("/v1/sales", headers=cast.bukit.headers, json=body)
    assert reply.status_code == 201, reply.text
    await sign_in(http, cast.rina)
    everything = (await http.get("/partner/earnings")).text
    assert "Rp125.000" in everything
    assert "K-1 · Kopi Bukit Gayo" in everything
    one = (await http.get("/partner/earnings?shop=kopi-bukit")).text
    assert "K-1" in one
    assert "INV-" not in one
    assert "Rp125.000" not in one


async def test_commissions_have_a_second_page(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await shop.set_up(http, cast)
    await make.coupon(s.rina, "RINA10")
    for n in range(22):
        await s.sell(f"INV-{n:02}", coupon="RINA10")
    await sign_in(http, cast.rina)
    first = (await http.get("/partner/earnings")).text
    assert first.count('<details class="ln"') == 20
    following = first.split('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = (await http.get(following.replace("&amp;", "&"))).text
    assert second.count('<details class="ln"') == 2
    assert "Paling baru" in second


async def test_the_statement_is_a_file(http: httpx2.AsyncClient, cast: Cast) -> None:
    await partner_world.build(http, cast)
    await sign_in(http, cast.rina)
    reply = await http.get("/partner/earnings/statement.csv")
    assert reply.headers["content-type"].startswith("text/csv")
    assert "attachment" in reply.headers["content-disposition"]
    assert "batik-laras,rina" in reply.text
