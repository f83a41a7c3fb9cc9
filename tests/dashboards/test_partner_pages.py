"""Every page of a partner: strangers sign in first, shops and rivals find nothing, all of it in
both languages.
"""

from datetime import timedelta

import httpx2
import pytest

from dashboards.figures import rollup
from dashboards.partner.pages import PAGES
from jejaring import world
from jejaring.payouts.models import Payout, PayoutMethod
from tests import make
from tests.cast import Cast, sign_in
from tests.dashboards import partner_world
from tests.dashboards.partner_world import World
from tests.dashboards.well import INDONESIAN, well_made
from tests.referrals import shop


def filled(path: str, w: World) -> str:
    names = {
        "campaign": w.stage.campaign.id,
        "link": w.stage.link.id,
        "payout": w.payout_id,
        "commission_id": w.commission_id,
        "key": "key_none",
    }
    for name, value in names.items():
        path = path.replace("{" + name + "}", value)
    return path


SHOWN = [page.path for page in PAGES if page.method == "GET"]
ACTS = [page.path for page in PAGES if page.method == "POST"]


async def test_a_stranger_is_sent_to_sign_in(http: httpx2.AsyncClient, cast: Cast) -> None:
    for path in SHOWN:
        reply = await http.get(path)
        assert (reply.status_code, reply.headers["location"][:8]) == (303, "/signin?"), path
    for path in ACTS:
        reply = await http.post(path, data={})
        assert reply.headers["location"].startswith("/signin?next=/partner"), path


async def test_a_shop_finds_no_partner_pages(http: httpx2.AsyncClient, cast: Cast) -> None:
    token = await sign_in(http, cast.laras)
    for path in SHOWN:
        assert (await http.get(path)).status_code == 404, path
    for path in ACTS:
        assert (await http.post(path, data={"csrf": token})).status_code == 404, path


async def test_the_rival_sees_nothing_of_it(http: httpx2.AsyncClient, cast: Cast) -> None:
    w = await partner_world.build(http, cast)
    await sign_in(http, cast.dimas)
    for path in ("/partner/links/{link}", "/partner/payouts/{payout}"):
        assert (await http.get(filled(path, w))).status_code == 404, path
    assert (await http.get("/partner/earnings?shop=batik-laras")).status_code == 404
    for path in ("/partner", "/partner/links", "/partner/earnings", "/partner/payouts"):
        page = (await http.get(path)).text
        assert "INV-" not in page
        assert w.stage.link.code not in page
        assert "4821" not in page


@pytest.mark.parametrize("lang", ["id", "en"])
async def test_every_page_stands_in_both_languages(
    http: httpx2.AsyncClient, cast: Cast, lang: str
) -> None:
    w = await partner_world.build(http, cast)
    await sign_in(http, cast.rina)
    for path in SHOWN:
        reply = await http.get(filled(path, w), params={"bahasa": lang})
        assert reply.status_code == 200, path
        if reply.headers["content-type"].startswith("text/html"):
            assert f'<html lang="{lang}"' in reply.text
            well_made(reply)


async def test_the_english_pages_have_no_indonesian_left(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    w = await partner_world.build(http, cast)
    await sign_in(http, cast.rina)
    for path in SHOWN:
        page = (await http.get(filled(path, w), params={"bahasa": "en"})).text
        assert INDONESIAN.findall(page.replace("Bahasa Indonesia", "")) == [], path


async def test_a_viewer_reads_and_changes_nothing(http: httpx2.AsyncClient, cast: Cast) -> None:
    w = await partner_world.build(http, cast)
    seer = await make.user()
    await make.membership(seer, cast.rina.org, "viewer")
    token = await sign_in(http, type(cast.rina)(cast.rina.org, seer, ""))
    hidden = ("/partner/links/new", "/partner/account/keys")
    for path in SHOWN:
        status = (await http.get(filled(path, w))).status_code
        assert status == (403 if path in hidden else 200), path
    for path in ACTS:
        if path.endswith("/language"):
            continue
        reply = await http.post(filled(path, w), data={"csrf": token})
        assert reply.status_code == 403, path


async def test_home_shows_what_there_is_and_what_moved(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await partner_world.build(http, cast)
    await sign_in(http, cast.rina)
    page = (await http.get("/partner")).text
    for fact in (
        "Rp20.000",
        "Rp40.000",
        "Rp60.000",
        "Rp120.000",
        "BCA ••4821",
        "3 klik · 2 pesanan",
    ):
        assert fact in page, fact
    assert '<a class="btn p" href="/partner/links/' in page
    assert "Per toko" in page


async def test_an_empty_home_leads_to_a_campaign(http: httpx2.AsyncClient, cast: Cast) -> None:
    await make.campaign(cast.laras.org, name="Batik Akhir Tahun")
    await make.campaign(cast.laras.org, name="Rahasia", joining="invite")
    await sign_in(http, cast.dimas)
    page = (await http.get("/partner")).text
    assert "Belum ada komisi." in page
    assert "Batik Akhir Tahun" in page
    assert "Rahasia" not in page
    assert 'class="btn p" href="/partner/campaigns"' in page


@pytest.mark.parametrize(
    ("role", "card"),
    [
        ("influencer", "Kode promo Anda"),
        ("buzzer", "Klik orang, 7 hari"),
        ("follower", "Hadiah bulan ini"),
    ],
)
async def test_the_second_card_is_the_roles(
    http: httpx2.AsyncClient, cast: Cast, role: str, card: str
) -> None:
    s = await shop.set_up(http, cast)
    terms = shop.percent() | {"max_per_partner_month": 100_000}
    await shop.set_terms(s.campaign, terms)
    place = await make.enrolment(s.campaign, cast.dimas.org, role=role)
    await make.coupon(place, "DIMAS10")
    await s.click(await make.link(place))
    await rollup.run()
    await sign_in(http, cast.dimas)
    page = (await http.get("/partner")).text
    assert card in page
    assert ("DIMAS10" in page) == (role == "influencer")


async def test_a_payout_is_shown_with_its_lines_and_last_four_digits_only(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    w = await partner_world.build(http, cast)
    await sign_in(http, cast.rina)
    page = (await http.get(f"/partner/payouts/{w.payout_id}")).text
    for fact in ("Rp60.000", "BCA ••4821", "INV-OLD", "BCA-77", "Kemeja Jlamprang × 6"):
        assert fact in page, fact
    assert "1234564821" not in page
    assert "data-print" in page


async def test_a_payout_that_came_back_says_so(http: httpx2.AsyncClient, cast: Cast) -> None:
    w = await partner_world.build(http, cast)
    await Payout.filter(id=w.payout_id).update(state="returned", returned_at=world.now())
    await sign_in(http, cast.rina)
    page = (await http.get(f"/partner/payouts/{w.payout_id}")).text
    assert "Dikembalikan bank" in page
    assert "Periksa rekening" in page


async def test_a_waiting_account_is_named_on_home(http: httpx2.AsyncClient, cast: Cast) -> None:
    await partner_world.build(http, cast)
    row = await PayoutMethod.filter(partner_id=cast.rina.id).get()
    later = world.now() + timedelta(hours=40)
    await make_waiting(row, later.isoformat())
    await sign_in(http, cast.rina)
    assert "Rekening baru berlaku" in (await http.get("/partner")).text


async def make_waiting(row: PayoutMethod, effective_at: str) -> None:
    await PayoutMethod.create(
        id=world.new_id("mtd"), partner_id=row.partner_id, kind="bank", provider="bni",
        number_sealed=row.number_sealed, number_index="x" * 64, last4="1111",
        account_name="Rina", created_at=world.now(), effective_at=effective_at,
    )  # fmt: skip
