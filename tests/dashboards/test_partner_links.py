"""Links: by human clicks, a new one, one with its sharing and its figures."""

import re

import httpx2

from dashboards.figures import rollup
from referrals.links.models import Link
from tests import make
from tests.cast import Cast, sign_in
from tests.dashboards import partner_world
from tests.referrals import shop


async def test_links_are_listed_by_human_clicks_over_two_pages(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await shop.set_up(http, cast)
    many = [await make.link(s.rina, label=f"Grup {n:02}.") for n in range(22)]
    for n, link in enumerate(many[:3]):
        for _ in range(n + 1):
            await s.click(link)
        await s.click(link, kind="bot")
    await rollup.run()
    await sign_in(http, cast.rina)
    first = (await http.get("/partner/links")).text
    seen = re.findall(r"Grup (\d\d)\. · ", first)
    assert seen[:3] == ["02", "01", "00"]
    following = first.split('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = (await http.get(following.replace("&amp;", "&"))).text
    rest = re.findall(r"Grup (\d\d)\. · ", second)
    assert sorted(seen + rest) == [f"{n:02}" for n in range(22)]
    assert 'rel="next"' not in second


async def test_a_broken_cursor_is_refused(http: httpx2.AsyncClient, cast: Cast) -> None:
    await sign_in(http, cast.rina)
    for cursor in ("x", "WzEsMl0", "WyJhIiwiYiJd", "é"):
        reply = await http.get("/partner/links", params={"cursor": cursor})
        assert reply.status_code == 422, cursor


async def test_a_link_is_made_for_a_product_with_a_label(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await shop.set_up(http, cast)
    token = await sign_in(http, cast.rina)
    assert s.product.name in (await http.get("/partner/links/new")).text
    sent = {"csrf": token, "place": s.rina.id, "product": s.product.id, "label": "Bio IG"}
    reply = await http.post("/partner/links/new", data=sent)
    made = await Link.get(label="Bio IG")
    assert made.product_id == s.product.id
    assert reply.headers["location"] == f"/partner/links/{made.id}?pesan=link_made"
    again = await http.post("/partner/links/new", data=sent)
    assert again.headers["location"] == f"/partner/links/{made.id}?pesan=info_link_there"


async def test_a_wrong_product_comes_back_with_what_was_typed(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await shop.set_up(http, cast)
    foreign = await make.product(cast.bukit.org)
    token = await sign_in(http, cast.rina)
    sent = {"csrf": token, "place": s.rina.id, "product": foreign.id, "label": "Grup RT"}
    reply = await http.post("/partner/links/new", data=sent)
    assert reply.status_code == 422
    assert 'value="Grup RT"' in reply.text
    assert 'id="f-product-e"' in reply.text
    long = await http.post("/partner/links/new", data=sent | {"product": "", "label": "x" * 61})
    assert long.status_code == 422
    assert 'id="f-label-e"' in long.text


async def test_no_link_in_the_place_of_another(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await shop.set_up(http, cast)
    token = await sign_in(http, cast.dimas)
    sent = {"csrf": token, "place": s.rina.id, "product": "", "label": ""}
    assert (await http.post("/partner/links/new", data=sent)).status_code == 404


async def test_among_several_campaigns_one_chooses_first(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await shop.set_up(http, cast)
    other = await make.campaign(cast.bukit.org, name="Panen Raya")
    place = await make.enrolment(other, cast.rina.org)
    await make.product(cast.bukit.org, name="Kopi Gayo")
    await sign_in(http, cast.rina)
    page = (await http.get("/partner/links/new")).text
    assert f"?place={s.rina.id}" in page
    assert f"?place={place.id}" in page
    assert "Kopi Gayo" in (await http.get(f"/partner/links/new?place={place.id}")).text


async def test_a_link_is_shared_with_words_that_carry_iklan(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await shop.set_up(http, cast)
    terms = shop.percent() | {"buyer_discount": {"kind": "percent", "rate_bp": 500}}
    await shop.set_terms(s.campaign, terms)
    await make.coupon(s.rina, "RINA10")
    link = await make.link(s.rina, product=s.product)
    await sign_in(http, cast.rina)
    pages = [(await http.get(f"/partner/links/{link.id}?gaya={n}")).text for n in (1, 2, 3)]
    texts = [re.findall(r'id="caption">([^<]*)<', page)[0] for page in pages]
    assert len(set(texts)) == 3
    for page, text in zip(pages, texts, strict=True):
        assert f"http://jejaring.test/r/{link.code} #iklan" in text
        assert "RINA10, hemat 5%" in text
        for share in ("https://wa.me/?text=", "https://t.me/share/url", "facebook.com/sharer"):
            assert share in page
        assert f'src="/r/{link.code}/qr.svg"' in page
        assert f'href="/r/{link.code}/qr.png?size=1024"' in page


async def test_a_link_shows_its_figures_and_what_is_not_counted(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    w = await partner_world.build(http, cast)
    link = w.stage.link
    await w.stage.click(via="scan")
    await w.stage.click(kind="preview")
    await rollup.run()
    await sign_in(http, cast.rina)
    page = (await http.get(f"/partner/links/{link.id}")).text
    for fact in ("dari 4 klik", "pratinjau 1 · robot 0", "Rp60.000", "Pindai QR", "<svg class="):
        assert fact in page, fact


async def test_a_paused_link_says_so(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await shop.set_up(http, cast, state="paused")
    await sign_in(http, cast.rina)
    page = (await http.get(f"/partner/links/{s.link.id}")).text
    assert "kampanyenya dijeda" in page
    listed = (await http.get("/partner/links")).text
    assert "Dijeda" in listed
    assert "data-copy" not in listed
