"""Who got an order, on pages: change the partner with a reason, creator names, what a partner sees
of what they lost.
"""

from html import unescape

import httpx2

from jejaring import world
from referrals.attribution.models import CreatorName, Decision
from tests import make
from tests.cast import Cast, sign_in
from tests.referrals import shop
from tests.referrals.shop import percent, set_terms


async def test_a_stranger_signs_in_first_and_the_rival_finds_nothing(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    stage = await shop.set_up(http, cast)
    sale = await stage.sell(click_id=await stage.click())
    path = f"/merchant/sales/{sale['id']}/credit"
    assert "/signin" in (await http.get(path)).headers["location"]
    csrf = await sign_in(http, cast.bukit)
    assert (await http.get(path)).status_code == 404
    sent = {"csrf": csrf, "enrolment_id": "-", "reason": "punya saya"}
    assert (await http.post(path, data=sent)).status_code == 404
    assert await Decision.all().count() == 0


async def test_the_partner_of_an_order_is_changed_with_a_reason(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    stage = await shop.set_up(http, cast)
    sale = await stage.sell(click_id=await stage.click())
    theirs, _ = await stage.join(cast.dimas)
    csrf = await sign_in(http, cast.laras)
    order = f"/merchant/sales/{sale['id']}"
    path = f"{order}/credit"
    assert f'href="{path}"' in (await http.get(order)).text
    page = (await http.get(path)).text
    for fact in (
        "Dimas Prasetyo",
        "Rina Wulandari",
        "Klik terakhir",
        "Rp20.000",
        "Tidak ada mitra",
    ):
        assert fact in page, fact
    found = (await http.get(path, params={"q": "dimas"})).text
    assert f'value="{theirs.id}"' in found
    assert f'value="{stage.rina.id}"' not in found
    refused = await http.post(path, data={"csrf": csrf, "reason": "karena"})
    assert refused.status_code == 422
    assert "Pilih siapa" in refused.text
    assert "karena" in refused.text
    chosen = {"csrf": csrf, "enrolment_id": theirs.id}
    assert (await http.post(path, data=chosen | {"reason": ""})).status_code == 422
    done = await http.post(path, data=chosen | {"reason": "Dimas yang <mengantar>"})
    assert done.headers["location"].startswith(f"{order}?")
    page = (await http.get(done.headers["location"])).text
    for fact in ("Kenapa Dimas Prasetyo?", "Diputuskan", "Dimas yang &lt;mengantar&gt;"):
        assert fact in page, fact
    assert "Toko memutuskan lain." in page
    await sign_in(http, cast.rina)
    page = unescape((await http.get("/partner/earnings")).text)
    assert "Toko memutuskan pesanan ini bukan untuk Anda: “Dimas yang <mengantar>”" in page
    assert "Dimas Prasetyo" not in page
    await sign_in(http, cast.dimas)
    page = unescape((await http.get("/partner/earnings")).text)
    assert "Toko memutuskan pesanan ini milik Anda. “Dimas yang <mengantar>”" in page


async def test_an_order_is_given_to_nobody(http: httpx2.AsyncClient, cast: Cast) -> None:
    stage = await shop.set_up(http, cast)
    sale = await stage.sell(click_id=await stage.click())
    csrf = await sign_in(http, cast.laras)
    sent = {"csrf": csrf, "enrolment_id": "-", "reason": "pembeli datang sendiri"}
    done = await http.post(f"/merchant/sales/{sale['id']}/credit", data=sent)
    page = (await http.get(done.headers["location"])).text
    assert "Tanpa mitra" in page
    assert "pembeli datang sendiri" in page


async def test_what_a_shared_order_looks_like_from_both_sides(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    stage = await shop.set_up(http, cast)
    await set_terms(stage.campaign, percent() | {"attribution": {"model": "position"}})
    _, link = await stage.join(cast.dimas)
    visitor = world.token(16)
    await stage.click(visitor=visitor)
    await stage.click(visitor=visitor)
    sale = await stage.sell(click_id=await stage.click(link, visitor=visitor))
    await sign_in(http, cast.laras)
    page = (await http.get(f"/merchant/sales/{sale['id']}")).text
    for fact in ("Kenapa mitra-mitra ini?", "Bagiannya 60%", "dibagi 40/20/40", "Rina Wulandari ·"):
        assert fact in page, fact
    await sign_in(http, cast.rina)
    page = (await http.get("/partner/earnings")).text
    for fact in ("Bagian Anda 60%.", "Rp12.000", "dibagi menurut urutan, 40/20/40"):
        assert fact in page, fact
    assert "Dimas" not in page


async def test_a_partner_sees_what_they_lost_and_not_to_whom(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    stage = await shop.set_up(http, cast)
    dimas, _ = await stage.join(cast.dimas)
    await make.coupon(dimas, "DIMAS10")
    await stage.sell(click_id=await stage.click(), coupon="DIMAS10")
    await stage.sell("INV-MINE", click_id=await stage.click())
    await sign_in(http, cast.rina)
    page = (await http.get("/partner/earnings")).text
    assert "Pesanan yang tidak jadi milik Anda" in page
    assert page.count("kalah oleh kode mitra lain.") == 1
    assert "DIMAS" not in page.upper()
    assert "INV-1" not in page
    await sign_in(http, cast.dimas)
    assert "tidak jadi milik Anda" not in (await http.get("/partner/earnings")).text


async def test_creator_names_are_matched_and_taken_back(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await shop.set_up(http, cast)
    csrf = await sign_in(http, cast.laras)
    path = "/merchant/settings/creators"
    assert "Belum ada nama kreator" in (await http.get(path)).text
    sent = {"csrf": csrf, "source": "tiktok", "name": "@Rina.Batik"}
    refused = await http.post(path, data=sent | {"partner": "siapa"})
    assert refused.status_code == 422
    assert "@Rina.Batik" in refused.text
    done = await http.post(path, data=sent | {"partner": "rina"})
    page = (await http.get(done.headers["location"])).text
    assert "@rina.batik" in page
    assert "TikTok Shop" in page
    row = await CreatorName.get()
    gone = await http.post(f"{path}/{row.id}/forget", data={"csrf": csrf})
    assert gone.headers["location"].startswith(path)
    assert await CreatorName.all().count() == 0
