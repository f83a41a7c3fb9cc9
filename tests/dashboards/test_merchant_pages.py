"""Every page of a shop: strangers sign in first, rivals and partners find nothing; in both
languages.
"""

import httpx2
import pytest

from campaigns.enrolments.models import Enrolment
from dashboards.merchant.pages import PAGES
from tests import make
from tests.cast import Cast, sign_in
from tests.dashboards.shop_pages import filled, ids, paths
from tests.dashboards.well import INDONESIAN, well_made

SHOWN, ACTS = paths(PAGES, "GET"), paths(PAGES, "POST")


async def test_a_stranger_is_sent_to_sign_in(http: httpx2.AsyncClient, cast: Cast) -> None:
    for path in SHOWN:
        reply = await http.get(path)
        assert (reply.status_code, reply.headers["location"][:8]) == (303, "/signin?"), path
    for path in ACTS:
        assert (await http.post(path, data={})).headers["location"].startswith("/signin"), path


async def test_a_partner_finds_no_shop_pages(http: httpx2.AsyncClient, cast: Cast) -> None:
    token = await sign_in(http, cast.rina)
    for path in SHOWN:
        assert (await http.get(path)).status_code == 404, path
    for path in ACTS:
        assert (await http.post(path, data={"csrf": token})).status_code == 404, path


async def test_the_rival_sees_nothing(http: httpx2.AsyncClient, cast: Cast) -> None:
    names = await ids(http, cast)
    token = await sign_in(http, cast.bukit)
    for path in SHOWN:
        reply = await http.get(filled(path, names))
        assert reply.status_code == (404 if "{" in path else 200), path
        assert "INV-" not in reply.text
        assert "Rina Wulandari" not in reply.text
    data = {
        "csrf": token, "step": "pause", "state": "cancelled", "format": "csv", "reason": "other",
        "away": "1", "role": "viewer", "do": "next", "password": "x",
        "reason_code": "other",
    }  # fmt: skip
    for path in ACTS:
        if "{" in path:
            reply = await http.post(filled(path, names), data=data)
            assert reply.status_code == 404, path


@pytest.mark.parametrize("lang", ["id", "en"])
async def test_every_page_stands_in_both_languages(
    http: httpx2.AsyncClient, cast: Cast, lang: str
) -> None:
    names = await ids(http, cast)
    draft = await make.campaign(cast.laras.org, state="draft", launched_at=None)
    await sign_in(http, cast.laras)
    for path in SHOWN:
        given = names | {"campaign_id": draft.id} if "/draft/" in path else names
        reply = await http.get(filled(path, given), params={"bahasa": lang})
        assert reply.status_code == 200, path
        well_made(reply)
        if lang == "en":
            text = reply.text
            for own in ("Untuk yang diundang", "Bahasa Indonesia", "Produk lain", "Di mana"):
                text = text.replace(own, "")
            assert INDONESIAN.findall(text) == [], path


async def test_a_viewer_changes_nothing_and_finance_only_pays(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    names = await ids(http, cast)
    pays = ("/merchant/payouts", "/merchant/partners/{partner_id}/goodwill")
    for role, free in (("viewer", ()), ("finance", pays)):
        person = await make.user()
        await make.membership(person, cast.laras.org, role)
        token = await sign_in(http, type(cast.laras)(cast.laras.org, person, ""))
        for path in ACTS:
            if path.startswith(free) if free else False:
                continue
            if path.endswith("/signout"):
                continue
            reply = await http.post(filled(path, names), data={"csrf": token})
            assert reply.status_code == 403, (role, path)
        for path in ("/merchant", "/merchant/sales", "/merchant/payouts", "/merchant/books"):
            assert (await http.get(path)).status_code == 200


async def test_an_empty_shop_is_shown_three_steps(http: httpx2.AsyncClient, cast: Cast) -> None:
    await sign_in(http, cast.bukit)
    page = (await http.get("/merchant")).text
    assert "Tiga langkah" in page
    assert "/merchant/products/new" in page
    for path in ("products", "campaigns", "partners", "sales", "payouts", "books"):
        assert 'class="empty"' in (await http.get(f"/merchant/{path}")).text, path


async def test_home_shows_figures_and_what_waits(http: httpx2.AsyncClient, cast: Cast) -> None:
    await ids(http, cast)
    await sign_in(http, cast.laras)
    page = (await http.get("/merchant")).text
    assert "Rp600.000" in page  # two sales in thirty days
    assert "1 orang minta bergabung" in page
    assert "Setujui pencairan" in page
    assert "Mitra terbaik" in page
    assert 'class="plot"' in page


async def test_a_request_is_approved_or_refused(http: httpx2.AsyncClient, cast: Cast) -> None:
    names = await ids(http, cast)
    token = await sign_in(http, cast.laras)
    page = (await http.get("/merchant/partners")).text
    assert "Di pasar" in page
    path = f"/merchant/enrolments/{names['enrolment_id']}"
    reply = await http.post(f"{path}/reject", data={"csrf": token, "reason": "nonsense"})
    assert "no_answer" in reply.headers["location"]
    reply = await http.post(f"{path}/approve", data={"csrf": token})
    assert "pesan=approved" in reply.headers["location"]
    assert (await Enrolment.get(id=names["enrolment_id"])).state == "active"
    reply = await http.post(f"{path}/end", data={"csrf": token, "reason": "inactive"})
    assert "info_place_ended" in reply.headers["location"]
    assert (
        await http.get(f"/merchant/partners?campaign={names['campaign_id']}")
    ).status_code == 200


async def test_a_partner_is_shown_with_their_balance(http: httpx2.AsyncClient, cast: Cast) -> None:
    names = await ids(http, cast)
    await sign_in(http, cast.laras)
    page = (await http.get(f"/merchant/partners/{names['partner_id']}")).text
    assert "Rp120.000" in page  # earned in all
    assert "INV-NEW" in page
    assert "4821" not in page


async def test_partners_go_on_over_a_second_page(
    http: httpx2.AsyncClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboards.merchant.partners.PAGE", 1)
    running = await make.campaign(cast.laras.org)
    for who in (cast.rina, cast.dimas):
        await make.enrolment(running, who.org)
    await sign_in(http, cast.laras)
    first = (await http.get("/merchant/partners")).text
    again = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    second = (await http.get(again.replace("&amp;", "&"))).text
    seen = [name for page in (first, second) for name in ("Rina W", "Dimas P") if name in page]
    assert sorted(seen) == ["Dimas P", "Rina W"]
    assert (await http.get("/merchant/partners?cursor=x")).status_code == 422
