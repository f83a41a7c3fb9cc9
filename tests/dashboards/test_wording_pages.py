"""Words that were wrong once: each is read again on its page."""

from typing import Any

import httpx2
import pytest

from campaigns.enrolments.models import Enrolment
from dashboards.frame import nav
from jejaring import world
from referrals.links.models import Link
from tests import make
from tests.cast import Cast, call, sign_in
from tests.referrals import shop
from tests.referrals.shop import Stage, percent, set_terms


def fixed(kind: str, amount: int, **more: Any) -> dict[str, Any]:
    return {"rules": [{"name": "Tetap", "pay": {"kind": kind, "amount": amount}, **more}]}


async def _sold(
    http: httpx2.AsyncClient, cast: Cast, terms: dict[str, Any], **more: Any
) -> tuple[Stage, str]:
    stage = await shop.set_up(http, cast)
    await set_terms(stage.campaign, terms)
    sale = await stage.sell(click_id=await stage.click(), **more)
    return stage, f"/merchant/sales/{sale['id']}"


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (fixed("per_item", 7_000), "Tetap: Rp7.000 × 2 barang = Rp14.000."),
        (
            fixed("per_item", 7_000, max_per_order=10_000),
            "Tetap: Rp7.000 × 2 barang, menjadi Rp10.000.",
        ),
        (fixed("per_order", 9_000), "Tetap: Rp9.000 untuk pesanan ini."),
    ],
)
async def test_a_fixed_amount_is_worked_out_on_the_order_and_for_the_partner(
    http: httpx2.AsyncClient, cast: Cast, terms: dict[str, Any], words: str
) -> None:
    _, path = await _sold(http, cast, terms)
    await sign_in(http, cast.laras)
    assert words in (await http.get(path)).text
    await sign_in(http, cast.rina)
    kind = terms["rules"][0]["pay"]["kind"]
    each = {"per_item": "Rp7.000 per barang", "per_order": "Rp9.000 per pesanan"}[kind]
    assert each in (await http.get("/partner/earnings")).text


async def test_an_amount_per_order_says_what_part_each_item_has(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    items = [{"sku": sku, "quantity": 1, "unit_price": 50_000} for sku in ("A", "B")]
    _, path = await _sold(http, cast, fixed("per_order", 9_001), items=items)
    await sign_in(http, cast.laras)
    page = (await http.get(path)).text
    assert "bagian barang ini dari Rp9.001 per pesanan = Rp4.501." in page


async def test_a_partner_is_called_by_name_on_the_order(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    stage, path = await _sold(http, cast, percent())
    await sign_in(http, cast.laras)
    for page in (path, f"{path}/credit"):
        text = (await http.get(page)).text
        assert "link Rina Wulandari" in text
        assert "link rina," not in text
    sale = (await stage.send("GET", f"/v1/sales/{path.rpartition('/')[2]}")).json()
    assert "link rina" in sale["credit"][0]["because"], "machines know handles"


async def test_no_hold_is_said_without_zero_days(http: httpx2.AsyncClient, cast: Cast) -> None:
    stage, _ = await _sold(http, cast, percent() | {"hold_days": 0})
    await sign_in(http, cast.rina)
    for path in (f"/partner/campaigns/{stage.campaign.id}", "/partner/earnings"):
        page = (await http.get(path)).text
        assert "0 hari" not in page.replace("30 hari", "").replace("180 hari", ""), path
    page = (await http.get(f"/partner/campaigns/{stage.campaign.id}")).text
    assert "begitu pesanan diterima pembeli" in page


async def test_a_recruiters_share_is_named_on_the_order_and_for_the_recruiter(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await shop.set_up(http, cast)
    await set_terms(s.campaign, percent() | {"recruiter": {"rate_bp": 1000, "active_days": 30}})
    wish = {"campaign_id": s.campaign.id, "role": "reseller", "ref": "rina"}
    assert (await call(http, cast.dimas, "POST", "/v1/enrolments", wish)).status_code == 201
    await s.sell("INV-R", click_id=await s.click())
    link = await Link.get(partner_id=cast.dimas.id)
    sale = await s.sell("INV-D", click_id=await s.click(link, at=world.now()))
    await sign_in(http, cast.laras)
    page = (await http.get(f"/merchant/sales/{sale['id']}")).text
    assert "Rina Wulandari · Bagian perekrut" in page
    assert ">recruiter<" not in page
    await sign_in(http, cast.rina)
    page = (await http.get("/partner/earnings")).text
    assert "Komisi mitra yang Anda ajak" in page
    assert ">recruiter<" not in page


@pytest.mark.parametrize(
    ("roles", "left"), [(["follower"], False), (["follower", "buzzer"], True), ([], True)]
)
def test_only_those_who_just_follow_have_no_campaigns(roles: list[str], left: bool) -> None:
    assert ("campaigns" not in nav.unused(roles)) is left


async def test_a_follower_has_four_places(http: httpx2.AsyncClient, cast: Cast) -> None:
    stage = await shop.set_up(http, cast)
    await sign_in(http, cast.rina)
    assert 'href="/partner/campaigns"' in (await http.get("/partner/account")).text
    await Enrolment.filter(partner_id=cast.rina.id).update(role="follower")
    for path in ("/partner/account", "/partner/earnings", "/menu"):
        page = (await http.get(path)).text
        assert 'href="/partner/campaigns"' not in page, path
        assert 'href="/partner/network"' not in page, path
        assert 'href="/partner/links"' in page, path
    await make.enrolment(await make.campaign(cast.laras.org), cast.rina.org)
    assert 'href="/partner/campaigns"' in (await http.get("/menu")).text
    assert (await http.get(f"/partner/campaigns/{stage.campaign.id}")).status_code == 200


async def test_one_of_a_thing_is_said_as_one(http: httpx2.AsyncClient, cast: Cast) -> None:
    stage = await shop.set_up(http, cast)
    await sign_in(http, cast.laras)
    path = f"/merchant/campaigns/{stage.campaign.id}?bahasa=en"
    assert "0 orders in 30 days" in (await http.get(path)).text
    cards = (await http.get("/merchant/campaigns?bahasa=en")).text
    assert "1 partner " in cards.replace("\n", " ")
    assert "1 partners" not in cards
    cards = (await http.get("/merchant/campaigns?bahasa=id")).text
    assert "1 mitra" in cards
