"""One sale on two screens, the shop's and the partner's: credit, commission, a refund of one piece,
a dispute lost and won again; each number is read where it is explained.
"""

import httpx2

from jejaring import world
from jejaring.identity.hashing import hash_password
from jejaring.identity.models import User
from referrals.clicks.models import Click
from tests.browser import scene
from tests.browser.conftest import Enter
from tests.browser.walk import PASSWORD, Site, Walker, until
from tests.cast import Cast, Member


async def test_a_sale_is_refunded_disputed_and_won_back(
    site: Site, enter: Enter, cast: Cast
) -> None:
    campaign = await scene.launch(site, cast)
    wish = {"campaign_id": campaign, "role": "reseller"}
    joined = (await scene.ok(site, cast.rina, "POST", "/v1/enrolments", wish)).json()
    buyer = await enter()
    await buyer.open(joined["link"]["url"])
    sale_id = await _sold(site, cast, buyer.page.url)
    laras = await _sign_in(enter, cast.laras, "/merchant")
    rina = await _sign_in(enter, cast.rina, "/partner")
    order = f"/merchant/sales/{sale_id}"
    await _credit_and_commission(laras, rina, order)
    await _one_piece_back(laras, rina, order)
    await _dispute_lost(laras, rina)
    await _dispute_won(laras, rina)
    await laras.sees("Siapa mengubah pesanan ini", "Sengketa dicatat menang: CB-77")


async def _sold(site: Site, cast: Cast, opened: str) -> str:
    """Two shirts of Rp185.000 by the buyer's click, paid and not yet delivered; the sale's id."""
    click_id = httpx2.URL(opened).params["jj"]
    await until(lambda: Click.filter(id=click_id).exists())
    order = {
        "order_id": "INV-7", "source": "website", "placed_at": world.now().isoformat(),
        "state": "paid", "shipping": 12_000, "currency": "IDR", "click_id": click_id,
        "items": [{"sku": "KEMEJA-1", "quantity": 2, "unit_price": 185_000}],
    }  # fmt: skip
    return str((await scene.ok(site, cast.laras, "POST", "/v1/sales", order)).json()["id"])


async def _sign_in(enter: Enter, who: Member, home: str) -> Walker:
    await User.filter(id=who.user.id).update(password_hash=await hash_password(PASSWORD))
    walker = await enter()
    await walker.sign_in(f"{who.org.slug}@example.com", home)
    return walker


async def _credit_and_commission(laras: Walker, rina: Walker, order: str) -> None:
    await laras.open(order)
    await laras.sees(
        "Kenapa Rina Wulandari?", "link Rina Wulandari", "Dasar komisi", "Rp370.000",
        "ongkir Rp12.000 tidak dihitung", "× 10%", "Semua: 10% dari Rp370.000 = Rp37.000.",
        "Bisa dicairkan mulai", "Kemeja Jlamprang",
    )  # fmt: skip
    await laras.look("sale-1-credit")
    await rina.open("/partner/earnings")
    await rina.sees("Menunggu Rp37.000", "2 × Rp185.000 Rp370.000", "Komisi Anda Rp37.000")
    await rina.look("sale-1-earned")


async def _one_piece_back(laras: Walker, rina: Walker, order: str) -> None:
    await laras.page.click("summary >> text=Catat pengembalian sebagian")
    await laras.fill(**{"line-1": "1", "reason": "kekecilan"})
    await laras.press("Simpan pengembalian", f"**{order}?*")
    await laras.sees(
        "−Rp185.000",
        "kekecilan",
        "Yang masih dihitung Rp185.000",
        "Pengembalian ke pembeli",
        "−Rp18.500",
        "Sisa Rp18.500",
        "Rp185.000 dari Rp370.000, jadi dikurangi Rp37.000 × Rp185.000 ÷ Rp370.000 = Rp18.500.",
    )
    await laras.look("sale-2-refund")
    await rina.open("/partner/earnings")
    await rina.sees("Menunggu Rp18.500", "−Rp18.500", "Yang tersisa Rp18.500")
    await rina.look("sale-2-refund-partner")


async def _dispute_lost(laras: Walker, rina: Walker) -> None:
    await laras.page.click("summary >> text=Catat sengketa pembayaran")
    await laras.fill(dispute_id="CB-77", disputed="100.000")
    await laras.look("sale-3-dispute-form")
    await laras.press("Simpan sengketa", "**/merchant/sales/*wait_dispute_lost*")
    await laras.sees(
        "Rp100.000 dari harga barang ditarik, komisi mitra berkurang Rp10.000",
        "Yang masih dihitung Rp85.000", "Sengketa pembayaran kalah", "−Rp10.000",
        "Sisa Rp8.500", "Kalah sejak",
    )  # fmt: skip
    await laras.look("sale-3-lost")
    await rina.open("/partner/earnings")
    await rina.sees(
        "Menunggu Rp8.500", "−Rp10.000", "Yang tersisa Rp8.500",
        "Rp285.000 dari Rp370.000, jadi dikurangi Rp37.000 × Rp285.000 ÷ Rp370.000 = Rp28.500.",
    )  # fmt: skip
    await rina.look("sale-3-lost-partner")


async def _dispute_won(laras: Walker, rina: Walker) -> None:
    await laras.page.click("summary >> text=CB-77 ternyata menang")
    await laras.look("sale-4-won-question")
    await laras.press("Ya, sengketa menang", "**/merchant/sales/*dispute_won*")
    await laras.sees(
        "Komisi yang kembali ke mitra: Rp10.000", "Menang sejak", "Sengketa pembayaran menang",
        "+Rp10.000", "Sisa Rp18.500",
    )  # fmt: skip
    await laras.look("sale-4-won")
    await rina.open("/partner/earnings")
    await rina.sees("Menunggu Rp18.500", "+Rp10.000", "Yang tersisa Rp18.500")
    await rina.look("sale-4-won-partner")
