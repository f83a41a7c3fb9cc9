"""Who brought whom, on pages: the partner's link and recruits, the shop's view of both."""

import httpx2

from jejaring import world
from referrals.links.models import Link
from referrals.network.models import Recruitment
from tests import make
from tests.cast import Cast, call, sign_in
from tests.referrals.shop import Stage, percent, set_terms, set_up

PATH = "/partner/network"


async def _recruited(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    """Dimas came by Rina's word; both sold Rp200.000 since."""
    s = await set_up(http, cast)
    await set_terms(s.campaign, percent() | {"recruiter": {"rate_bp": 1000, "active_days": 30}})
    wish = {"campaign_id": s.campaign.id, "role": "reseller", "ref": "rina"}
    assert (await call(http, cast.dimas, "POST", "/v1/enrolments", wish)).status_code == 201
    await s.sell("INV-R", click_id=await s.click())
    link = await Link.get(partner_id=cast.dimas.id)
    await s.sell("INV-D", click_id=await s.click(link, at=world.now()))
    return s


async def test_a_stranger_is_refused(http: httpx2.AsyncClient, cast: Cast) -> None:
    assert "/signin" in (await http.get(PATH)).headers["location"]


async def test_the_rival_sees_nothing(http: httpx2.AsyncClient, cast: Cast) -> None:
    await _recruited(http, cast)
    await sign_in(http, cast.dimas)
    page = (await http.get(PATH)).text
    assert "Belum ada yang Anda ajak" in page
    assert "Rina" not in page
    await sign_in(http, cast.bukit)
    assert (await http.get(f"/merchant/partners/{cast.rina.id}")).status_code == 404


async def test_a_partner_has_a_link_and_sees_what_recruits_gave(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await _recruited(http, cast)
    await sign_in(http, cast.rina)
    page = (await http.get(PATH)).text
    assert f"/join/{s.campaign.id}?ref=rina" in page
    for fact in ("tambahan 10%", "Dimas Prasetyo", "1 penjualan memberi bagian", "Rp2.000"):
        assert fact in page, fact
    assert 'href="/partner/network"' in page
    english = (await http.get(f"{PATH}?bahasa=en")).text
    assert "1 partner, your share Rp2,000 so far" in english
    assert "One level only" in english


async def test_only_campaigns_that_take_partners_by_a_link_are_offered(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await set_up(http, cast)
    closed = await make.campaign(cast.laras.org, joining="invite")
    over = await make.campaign(cast.laras.org, state="ended")
    for row in (closed, over):
        await make.enrolment(row, cast.rina.org)
    await sign_in(http, cast.rina)
    page = (await http.get(PATH)).text
    assert "Belum ada bagian perekrut" in page
    assert f"/join/{s.campaign.id}?ref=rina" in page
    assert closed.id not in page
    assert over.id not in page


async def test_the_shop_sees_who_brought_whom(http: httpx2.AsyncClient, cast: Cast) -> None:
    await _recruited(http, cast)
    await sign_in(http, cast.laras)
    rina = (await http.get(f"/merchant/partners/{cast.rina.id}")).text
    assert f'href="/merchant/partners/{cast.dimas.id}"' in rina
    assert "1 bagian" in rina
    dimas = (await http.get(f"/merchant/partners/{cast.dimas.id}")).text
    assert "Diajak oleh" in dimas
    assert "Bagian perekrut dari penjualannya Rp2.000" in dimas


async def test_whoever_signs_in_on_the_way_is_still_somebodys_recruit(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await set_up(http, cast)
    await s.campaign.filter(id=s.campaign.id).update(joining="open")
    page = (await http.get(f"/join/{s.campaign.id}?ref=rina")).text
    assert f"/signin?next=/join/{s.campaign.id}%3Fref%3Drina" in page
    csrf = await sign_in(http, cast.dimas)
    page = (await http.get(f"/join/{s.campaign.id}?ref=rina")).text
    assert 'name="ref" value="rina"' in page
    sent = {"csrf": csrf, "role": "reseller", "ref": "rina"}
    assert (await http.post(f"/join/{s.campaign.id}", data=sent)).status_code == 303
    assert (await Recruitment.get()).recruiter_id == cast.rina.id
