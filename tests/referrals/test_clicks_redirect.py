"""The redirect over HTTP: where it leads, what it stores, whom it counts."""

from datetime import timedelta

import httpx2
import pytest

from campaigns.catalog.models import Product
from campaigns.enrolments import join
from campaigns.lifecycle import steer
from jejaring import world
from jejaring.db.transact import transact
from jejaring.identity import sessions
from referrals.clicks import queries, recorder
from referrals.clicks.models import Click
from referrals.links import changes, lookup
from referrals.links.models import Link
from tests import make
from tests.cast import Cast

PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 12; SM-A107F) Chrome/120 Mobile Safari/537.36"}


@pytest.fixture
async def product(cast: Cast) -> Product:
    """A shirt with a page on Laras's verified site."""
    await make.site(cast.laras.org, "laras.id")
    urls = {"website": "https://laras.id/kemeja?warna=biru&jj=old#ulasan"}
    return await make.product(cast.laras.org, slug="kemeja", name="Kemeja <Biru>", urls=urls)


@pytest.fixture
async def link(cast: Cast, product: Product) -> Link:
    """Rina's link to the shirt."""
    campaign = await make.campaign(cast.laras.org)
    return await make.link(await make.enrolment(campaign, cast.rina.org), product=product)


async def hit(http: httpx2.AsyncClient, path: str, **headers: str) -> httpx2.Response:
    """As a phone does it, unless another agent is given; without keeping cookies."""
    given = PHONE | {name.replace("_", "-"): value for name, value in headers.items()}
    http.cookies.clear()
    return await http.get(path, headers=given)


async def only_click() -> Click:
    (row,) = await Click.all()
    return row


def jj(reply: httpx2.Response) -> str:
    return httpx2.URL(reply.headers["location"]).params["jj"]


async def test_a_click_leads_to_the_shop_with_its_id(
    http: httpx2.AsyncClient, cast: Cast, link: Link
) -> None:
    reply = await hit(http, f"/r/{link.code}", referer="https://www.instagram.com/p/1")
    assert reply.status_code == 302
    click = await only_click()
    expected = f"https://laras.id/kemeja?warna=biru&jj={click.id}#ulasan"
    assert reply.headers["location"] == expected
    assert reply.headers["cache-control"] == "no-store"
    assert "referrer-policy" not in reply.headers
    assert (click.kind, click.via, click.repeat, click.own) == ("person", "link", False, False)
    assert (click.link_id, click.enrolment_id) == (link.id, link.enrolment_id)
    assert (click.merchant_id, click.partner_id) == (cast.laras.id, cast.rina.id)
    assert (click.product_id, click.campaign_id) == (link.product_id, link.campaign_id)
    assert (click.referrer, click.device) == ("www.instagram.com", "mobile")
    assert abs(click.at - world.now()) < timedelta(minutes=1)
    assert len(click.id) == 22
    cookie = reply.headers["set-cookie"]
    assert cookie.startswith(f"jj_v={click.visitor};")
    assert "Max-Age=34560000" in cookie
    assert "HttpOnly" in cookie


async def test_the_address_is_not_kept(http: httpx2.AsyncClient, link: Link) -> None:
    await hit(http, f"/r/{link.code}")
    click = await only_click()
    assert click.visitor_hash is not None
    assert len(click.visitor_hash) == 24
    (stored,) = await Click.all().values()
    assert "127.0.0" not in str(stored)


async def test_a_scan_is_told_from_a_click(http: httpx2.AsyncClient, link: Link) -> None:
    assert (await hit(http, f"/q/{link.code}")).status_code == 302
    assert (await only_click()).via == "scan"


async def test_a_visitor_keeps_their_cookie_and_makes_one_visit_in_half_an_hour(
    http: httpx2.AsyncClient, link: Link
) -> None:
    now = world.now()
    first = await hit(http, f"/r/{link.code}")
    cookie = first.headers["set-cookie"].partition(";")[0]
    await hit(http, f"/r/{link.code}", cookie=f"a=b; {cookie}")
    await hit(http, f"/r/{link.code}", cookie="jj_v=<script>alert(1)</s>")
    with world.at(now + timedelta(minutes=31)):
        later = await hit(http, f"/r/{link.code}", cookie=cookie)
    assert later.headers["set-cookie"].startswith(cookie)
    rows = await Click.all().order_by("seq")
    assert [row.repeat for row in rows] == [False, True, True, False]
    assert rows[0].visitor == rows[1].visitor == rows[3].visitor != rows[2].visitor


async def test_a_visitor_is_known_again_after_a_restart(
    http: httpx2.AsyncClient, link: Link
) -> None:
    first = await hit(http, f"/r/{link.code}")
    cookie = first.headers["set-cookie"].partition(";")[0]
    recorder.reset()
    await hit(http, f"/r/{link.code}", cookie=cookie)
    assert [row.repeat for row in await Click.all().order_by("seq")] == [False, True]


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"user_agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}, "bot"),
        ({"user_agent": "curl/8.0"}, "bot"),
        ({"user_agent": "Mozilla/5.0 (compatible; Nutch/1.20)"}, "bot"),
        ({"sec_purpose": "prefetch;prerender"}, "prefetch"),
        ({"purpose": "prefetch"}, "prefetch"),
        ({"x_moz": "prefetch"}, "prefetch"),
    ],
)
async def test_robots_and_prefetches_are_sent_on_but_are_nobody(
    http: httpx2.AsyncClient, link: Link, headers: dict[str, str], kind: str
) -> None:
    reply = await hit(http, f"/r/{link.code}", **headers)
    assert reply.status_code == 302
    assert reply.headers["location"].startswith("https://laras.id/kemeja")
    click = await only_click()
    assert (click.kind, click.visitor, click.visitor_hash) == (kind, None, None)


async def test_a_head_request_is_nobody(http: httpx2.AsyncClient, link: Link) -> None:
    reply = await http.head(f"/r/{link.code}", headers=PHONE)
    assert (reply.status_code, reply.content) == (302, b"")
    assert "set-cookie" not in reply.headers
    assert (await only_click()).kind == "bot"


async def test_an_agent_that_says_nothing_is_a_person(http: httpx2.AsyncClient, link: Link) -> None:
    http.headers.clear()
    await http.get(f"/r/{link.code}", headers={"User-Agent": ""})
    assert (await only_click()).kind == "person"


@pytest.mark.parametrize("agent", ["WhatsApp/2.23.20.0 A", "facebookexternalhit/1.1"])
async def test_a_chat_is_shown_a_card(http: httpx2.AsyncClient, link: Link, agent: str) -> None:
    reply = await hit(http, f"/r/{link.code}", user_agent=agent)
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    base = "http://jejaring.test"
    assert '<meta property="og:title" content="Kemeja &lt;Biru&gt;">' in reply.text
    assert f'<meta property="og:url" content="{base}/r/{link.code}">' in reply.text
    image = f"{base}/p/batik-laras/kemeja/card.png"
    assert f'<meta property="og:image" content="{image}">' in reply.text
    assert 'og:description" content="Rp185.000 · Batik Laras"' in reply.text
    assert (await only_click()).kind == "preview"
    head = await http.head(f"/r/{link.code}", headers={"User-Agent": agent})
    assert (head.status_code, head.content) == (200, b"")


async def test_a_card_shows_the_photo_and_the_words_of_the_product(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    photo = await make.product(
        cast.laras.org, image_url="https://laras.id/k.jpg", description="Batik\ntulis asli"
    )
    place = await make.enrolment(await make.campaign(cast.laras.org, photo), cast.rina.org)
    link = await make.link(place)
    reply = await hit(http, f"/r/{link.code}", user_agent="TelegramBot (like TwitterBot)")
    assert "Batik tulis asli" in reply.text
    assert 'og:image" content="http://jejaring.test/p/batik-laras/' in reply.text
    assert "/photo.jpg?v=" in reply.text
    assert "laras.id/k.jpg" not in reply.text


async def test_without_a_product_the_card_is_the_shop(http: httpx2.AsyncClient, cast: Cast) -> None:
    place = await make.enrolment(await make.campaign(cast.laras.org), cast.rina.org)
    link = await make.link(place)
    reply = await hit(http, f"/r/{link.code}", user_agent="WhatsApp/2.23")
    assert 'og:title" content="Batik Laras"' in reply.text
    assert "http://jejaring.test/p/batik-laras/card.png" in reply.text


async def test_without_a_site_the_click_leads_to_our_page_of_the_product(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    product = await make.product(cast.bukit.org, slug="kopi")
    place = await make.enrolment(await make.campaign(cast.bukit.org, product), cast.rina.org)
    reply = await hit(http, f"/r/{(await make.link(place)).code}")
    click = await only_click()
    assert reply.headers["location"] == f"http://jejaring.test/p/kopi-bukit/kopi?jj={click.id}"
    assert click.product_id == product.id


@pytest.mark.parametrize("path", ["/r/abc", "/r/zzzzzz", "/r/a/b", "/r/%2e%2e", "/q/zzzzzz"])
async def test_an_unknown_code_is_a_page_that_helps(
    http: httpx2.AsyncClient, db: None, path: str
) -> None:
    reply = await hit(http, path)
    assert reply.status_code == 404
    assert reply.headers["content-type"].startswith("text/html")
    assert await Click.all().count() == 0


async def test_other_methods_are_not_redirected(http: httpx2.AsyncClient, link: Link) -> None:
    assert (await http.post(f"/r/{link.code}")).status_code in (404, 405)
    assert await Click.all().count() == 0


async def test_a_paused_campaign_stops_its_links_and_a_launch_revives_them(
    http: httpx2.AsyncClient, cast: Cast, link: Link
) -> None:
    await hit(http, f"/r/{link.code}")
    await steer.pause(cast.laras.id, link.campaign_id, "test")
    await lookup.catch_up()
    reply = await hit(http, f"/r/{link.code}")
    assert reply.headers["location"] == "http://jejaring.test/p/batik-laras/kemeja?berakhir=1"
    assert await Click.all().count() == 2
    await steer.launch(cast.laras.id, link.campaign_id, "test")
    await lookup.catch_up()
    assert jj(await hit(http, f"/r/{link.code}"))


async def test_an_ended_enrolment_stops_its_links(
    http: httpx2.AsyncClient, cast: Cast, link: Link
) -> None:
    await hit(http, f"/r/{link.code}")
    await join.end(cast.laras.id, link.enrolment_id, "test")
    await lookup.catch_up()
    reply = await hit(http, f"/r/{link.code}")
    assert reply.headers["location"].endswith("?berakhir=1")


async def test_a_disabled_link_stops(http: httpx2.AsyncClient, link: Link) -> None:
    await hit(http, f"/r/{link.code}")
    await transact(lambda: changes.disable(link.id))
    await lookup.catch_up()
    reply = await hit(http, f"/r/{link.code}")
    assert reply.headers["location"].endswith("?berakhir=1")


async def test_a_campaign_ends_by_its_date_without_any_event(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    ends = world.now() + timedelta(days=1)
    place = await make.enrolment(await make.campaign(cast.laras.org, ends_at=ends), cast.rina.org)
    code = (await make.link(place)).code
    assert jj(await hit(http, f"/r/{code}"))
    with world.at(ends):
        reply = await hit(http, f"/r/{code}")
    assert reply.headers["location"] == "http://jejaring.test/p/batik-laras?berakhir=1"


async def test_the_partners_own_signed_in_browser_is_marked(
    http: httpx2.AsyncClient, cast: Cast, link: Link
) -> None:
    mine = await sessions.open(cast.rina.user.id)
    other = await sessions.open(cast.dimas.user.id)
    for token in (mine, other, "nonsense", ""):
        await hit(http, f"/r/{link.code}", cookie=f"{sessions.cookie_name()}={token}")
    rows = await Click.all().order_by("seq")
    assert [row.own for row in rows] == [True, False, False, False]


async def test_credit_asks_for_clicks_by_name_and_by_visitor(
    http: httpx2.AsyncClient, cast: Cast, link: Link
) -> None:
    first = await hit(http, f"/r/{link.code}")
    cookie = first.headers["set-cookie"].partition(";")[0]
    second = await hit(http, f"/q/{link.code}", cookie=cookie)
    robot = await hit(http, f"/r/{link.code}", user_agent="curl/8.0")
    found = await queries.named(cast.laras.id, jj(first))
    assert found is not None
    assert (found.id, found.via, found.own) == (jj(first), "link", False)
    assert found.partner_id == cast.rina.id
    assert await queries.named(cast.bukit.id, jj(first)) is None
    assert await queries.named(cast.laras.id, jj(robot)) is None
    assert await queries.named(cast.laras.id, "x" * 500) is None
    assert found.visitor is not None
    ago, now = world.ago(days=1), world.now()
    mine = await queries.by_visitor(cast.laras.id, found.visitor, ago, now)
    assert [one.id for one in mine] == [jj(second), jj(first)]
    assert await queries.by_visitor(cast.bukit.id, found.visitor, ago, now) == []
