"""Every page of every audience, with something on it, keeps what a page must; and how much it
weighs.
"""

import gzip
import re

import httpx2
import pytest

from jejaring import main
from jejaring.identity import sessions
from jejaring.web.pages import Page
from tests.browser.conftest import Enter
from tests.browser.walk import Site
from tests.cast import Cast, Member, sign_in
from tests.dashboards import partner_world, shop_pages
from tests.dashboards.partner_world import World

# HTML, stylesheet, script and icon of a first visit, gzipped, without photos of products.
MOST = 40_000
FILE = re.compile(r"\.(csv|pdf|png|jpg|svg)$|/(ended|lost)$")
LOADED = re.compile(r'<(?:link rel="(?:icon|stylesheet)" href|script [^>]*src|img src)="([^"]+)"')
PHOTO = re.compile(r"\.(png|jpg)(\?|$)")


async def names_of(http: httpx2.AsyncClient, cast: Cast) -> dict[str, str]:
    """Ids and addresses of the little world's things, by the name that paths give them."""
    world: World = await partner_world.build(http, cast)
    stage = world.stage
    names = await shop_pages.ids_of(cast, world)
    return names | {
        "campaign": stage.campaign.id,
        "merchant": cast.laras.org.slug,
        "product": stage.product.slug,
        "link": stage.link.id,
        "code": "tidakada",
        "payout": world.payout_id,
        "token": "none",
        "key": "none",
    }


def paths(audience: str, names: dict[str, str]) -> list[str]:
    """What can be opened on this side: its pages with the names filled in, files left out."""
    sides = ("merchant", "partner", "operator")
    own: list[Page] = [page for page in main.PAGES if page.method == "GET"]
    if audience == "public":
        own = [page for page in own if page.path.split("/")[1] not in (*sides, "menu", "switch")]
    else:
        own = [page for page in own if page.path.split("/")[1] in (audience, "menu", "switch")]
    filled = [shop_pages.filled(page.path, names) for page in own]
    return [path for path in filled if "{" not in path and not FILE.search(path)]


def member(cast: Cast, audience: str) -> Member | None:
    """Who looks at this side's pages; None is a stranger."""
    return {"merchant": cast.laras, "partner": cast.rina, "operator": cast.sari}.get(audience)


@pytest.mark.parametrize("audience", ["public", "partner", "merchant", "operator"])
async def test_every_page_keeps_the_basics(
    http: httpx2.AsyncClient, site: Site, enter: Enter, cast: Cast, audience: str
) -> None:
    names = await names_of(http, cast)
    somebody = await enter()
    who = member(cast, audience)
    if who is not None:
        token = await sessions.open(who.user.id, who.id)
        await somebody.page.context.add_cookies(
            [{"name": sessions.cookie_name(), "value": token, "url": site.base}]
        )
    listed = paths(audience, names)
    assert len(listed) >= 9
    for path in listed:
        reply = await somebody.open(path)
        if reply.status in (404, 409):  # a page that says so is a page too
            somebody.said.clear()
        else:
            assert reply.status == 200, (path, reply.status)
        await somebody.look(f"{audience}{path.replace('/', '-')}")


async def test_no_page_weighs_more_than_a_first_visit_may(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    names = await names_of(http, cast)
    heavy = []
    for audience in ("public", "partner", "merchant", "operator"):
        who = member(cast, audience)
        if who is not None:
            await sign_in(http, who)
        for path in paths(audience, names):
            page = (await http.get(path, follow_redirects=True)).text
            loaded = [url for url in LOADED.findall(page) if not PHOTO.search(url)]
            parts = [(await http.get(url)).content for url in loaded if url.startswith("/")]
            assert len(parts) >= 3, path
            weight = sum(len(gzip.compress(part)) for part in (page.encode(), *parts))
            if weight > MOST:
                heavy.append((path, weight))
    assert heavy == []


async def test_the_stylesheet_travels_packed(http: httpx2.AsyncClient) -> None:
    page = (await http.get("/signin")).text
    for url in LOADED.findall(page):
        plain = await http.get(url, headers={"Accept-Encoding": "identity"})
        packed = await http.get(url, headers={"Accept-Encoding": "gzip"})
        assert "content-encoding" not in plain.headers
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.headers["vary"] == "Accept-Encoding"
        assert packed.content == plain.content
        assert int(packed.headers["content-length"]) < max(len(plain.content) // 2, 700)
