"""Posts on both sides' pages: sent in, judged, and what became of them."""

import httpx2
import pytest

from campaigns.content.models import Submission
from campaigns.enrolments.models import Enrolment
from referrals.commissions.models import Commission
from tests import make
from tests.cast import Cast, sign_in
from tests.dashboards.well import well_made
from tests.referrals.shop import Stage, percent, set_terms, set_up

URL = "https://www.instagram.com/p/DAbc_12-x/"
SHORT = "https://s.id/ZSabc"


async def posting(http: httpx2.AsyncClient, cast: Cast, **campaign: object) -> Stage:
    """Rina is a buzzer in a campaign that pays Rp50.000 a post."""
    s = await set_up(http, cast, **campaign)
    post = {"name": "Post", "when": {}, "pay": {"kind": "per_post", "amount": 50_000}}
    await set_terms(s.campaign, {"rules": [*percent()["rules"], post]})
    await Enrolment.filter(id=s.rina.id).update(role="buzzer")
    return s


async def send(s: Stage, url: str = URL, note: str = "") -> httpx2.Response:
    token = await sign_in(s.http, s.cast.rina)
    path = f"/partner/campaigns/{s.campaign.id}/posts"
    return await s.http.post(path, data={"csrf": token, "url": url, "note": note})


async def judge(s: Stage, step: str, **data: str) -> httpx2.Response:
    token = await sign_in(s.http, s.cast.laras)
    one = await Submission.filter(state="waiting").get()
    path = f"/merchant/posts/{one.id}/{step}"
    return await s.http.post(path, data={"csrf": token} | data)


async def partner_page(s: Stage) -> str:
    await sign_in(s.http, s.cast.rina)
    return (await s.http.get(f"/partner/campaigns/{s.campaign.id}")).text


async def test_a_stranger_signs_in_first(http: httpx2.AsyncClient, cast: Cast) -> None:
    assert (await http.get("/merchant/posts")).headers["location"].startswith("/signin")
    for path in ("/partner/campaigns/cmp_1/posts", "/merchant/posts/sub_1/accept"):
        reply = await http.post(path, data={})
        assert reply.headers["location"].startswith("/signin"), path


async def test_the_rival_sees_no_post(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await posting(http, cast)
    await send(s)
    one = await Submission.get()
    token = await sign_in(http, cast.bukit)
    assert "DAbc_12-x" not in (await http.get("/merchant/posts")).text
    assert (await http.get(f"/merchant/posts?campaign={s.campaign.id}")).status_code == 404
    for step in ("accept", "refuse"):
        data = {"csrf": token, "reason_code": "other"}
        reply = await http.post(f"/merchant/posts/{one.id}/{step}", data=data)
        assert reply.status_code == 404
    token = await sign_in(http, cast.dimas)
    assert "DAbc_12-x" not in (await http.get(f"/partner/campaigns/{s.campaign.id}")).text
    path = f"/partner/campaigns/{s.campaign.id}/posts"
    assert (await http.post(path, data={"csrf": token, "url": URL})).status_code == 404


async def test_a_post_goes_from_the_partner_to_the_shop_and_back(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await posting(http, cast)
    page = await partner_page(s)
    for words in ("Kirim postingan", "Rp50.000 per postingan", "Belum ada yang dikirim"):
        assert words in page, words
    home = (await http.get("/partner")).text
    assert f'href="/partner/campaigns/{s.campaign.id}#postingan"' in home
    reply = await send(s, f"{URL}?igsh=1", "Tayang jam 7")
    assert reply.headers["location"].endswith("?pesan=post_sent")
    assert "Menunggu dinilai" in await partner_page(s)
    await sign_in(http, cast.laras)
    assert "1 postingan menunggu dinilai" in (await http.get("/merchant")).text
    one = (await http.get(f"/merchant/campaigns/{s.campaign.id}")).text
    assert "1 menunggu dinilai, 0 diterima" in one
    shown = await http.get(f"/merchant/posts?campaign={s.campaign.id}")
    well_made(shown)
    for words in (URL, "Tayang jam 7", "Rina Wulandari", "Terima, Rp50.000"):
        assert words in shown.text, words
    reply = await judge(s, "accept", campaign=s.campaign.id)
    where = reply.headers["location"]
    assert where.startswith(f"/merchant/posts?campaign={s.campaign.id}&pesan=post_accepted")
    page = (await http.get(where)).text
    assert "Komisi Rina Wulandari tercatat Rp50.000." in page
    assert "Tidak ada yang menunggu" in page
    accepted = (await http.get("/merchant/posts?state=accepted")).text
    assert (await Commission.get()).id in accepted
    page = await partner_page(s)
    assert "Diterima" in page
    assert "Rp50.000</b>" in page
    earned = (await http.get("/partner/earnings")).text
    assert "Rp50.000 per postingan = Rp50.000." in earned
    assert URL in earned


async def test_a_refused_post_shows_its_reason_and_may_come_again(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await posting(http, cast)
    await send(s)
    reply = await judge(s, "refuse", reason_code="post_no_ad_mark")
    page = (await http.get(reply.headers["location"])).text
    assert "Postingan ditolak. Rina Wulandari membaca alasannya" in page
    assert "Belum ada tanda #iklan" in (await http.get("/merchant/posts?state=refused")).text
    page = await partner_page(s)
    assert "Belum ada tanda #iklan di postingannya. Perbaiki, lalu kirim lagi." in page
    assert (await send(s)).status_code == 303
    assert await Submission.all().count() == 2


async def test_a_wrong_address_comes_back_with_what_was_typed(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await posting(http, cast)
    reply = await send(s, SHORT, "catatan saya")
    assert reply.status_code == 422
    for words in ("Ini link pendek", f'value="{SHORT}"', "catatan saya"):
        assert words in reply.text, words
    reply = await send(s, "")
    assert (reply.status_code, "Isian ini wajib" in reply.text) == (422, True)


async def test_what_cannot_be_judged_any_more_says_why(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await posting(http, cast)
    await send(s)
    await set_terms(s.campaign, percent())
    await sign_in(http, cast.laras)
    page = (await http.get("/merchant/posts")).text
    assert "belum bisa diterima" in page
    assert "Terima, " not in page
    reply = await judge(s, "accept")
    assert "tidak membayar postingan ini" in (await http.get(reply.headers["location"])).text
    reply = await judge(s, "refuse", reason_code="jelek")
    assert reply.headers["location"].startswith("/merchant/posts?pesan=no_answer")


async def test_where_posts_are_not_paid_there_is_no_form(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await posting(http, cast)
    await Enrolment.filter(id=s.rina.id).update(role="reseller")
    assert "Kirim postingan" not in await partner_page(s)
    assert "#postingan" not in (await http.get("/partner")).text
    assert (await send(s)).status_code == 409
    await set_terms(s.campaign, percent())
    await sign_in(http, cast.laras)
    assert "Postingan mitra" not in (await http.get(f"/merchant/campaigns/{s.campaign.id}")).text


async def test_a_viewer_reads_and_does_not_judge(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await posting(http, cast)
    await send(s)
    user = await make.user()
    await make.membership(user, cast.laras.org, "viewer")
    viewer = type(cast.laras)(cast.laras.org, user, "")
    await sign_in(http, viewer)
    page = (await http.get("/merchant/posts")).text
    assert URL in page
    assert "/accept" not in page


@pytest.mark.parametrize("lang", ["id", "en"])
async def test_the_queue_is_paged_and_stands_in_both_languages(
    http: httpx2.AsyncClient, cast: Cast, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboards.merchant.posts.PAGE", 1)
    s = await posting(http, cast)
    for n in (1, 2):
        assert (await send(s, f"https://x.com/rina/status/1765{n}")).status_code == 303
    await sign_in(http, cast.laras)
    http.cookies.set("lang", lang)
    first = await http.get("/merchant/posts")
    assert ("17651" in first.text, "17652" in first.text) == (True, False)
    following = first.text.split('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = (await http.get(following)).text
    assert ("17651" in second, "17652" in second) == (False, True)


@pytest.mark.parametrize(("url", "warned"), [(URL, False), ("https://vt.tiktok.com/ZSabc/", True)])
async def test_the_shop_is_told_to_open_what_an_app_shortened(
    http: httpx2.AsyncClient, cast: Cast, url: str, warned: bool
) -> None:
    s = await posting(http, cast)
    assert (await send(s, url)).status_code == 303
    await sign_in(http, cast.laras)
    assert ("belum pernah Anda bayar" in (await http.get("/merchant/posts")).text) is warned
    (shown,) = (await s.send("GET", "/v1/submissions")).json()["data"]
    assert (shown["url"], shown["is_short_link"]) == (url, warned)
