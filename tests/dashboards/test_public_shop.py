"""Shop and product pages: they sell, name who brought the buyer, load nothing from elsewhere."""

import asyncio
import io
import re
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from PIL import Image

from dashboards.public import card, photo, pictures, rules
from jejaring import world
from jejaring.identity.models import Organisation
from jejaring.web import client
from tests import make
from tests.cast import Cast
from tests.dashboards.well import INDONESIAN, set_up, well_made


async def test_a_product_page_names_who_brought_the_buyer(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    _, _, click = await set_up(cast)
    page = await http.get(f"/p/batik-laras/jlamprang?jj={click.id}")
    well_made(page)
    assert "Dari <b>Rina Wulandari</b>" in page.text
    assert "RINA10" in page.text


@pytest.mark.parametrize("forged", ["nonsense", "A" * 22, "' OR 1=1 --", "x" * 500])
async def test_an_unknown_click_changes_nothing(
    http: httpx2.AsyncClient, cast: Cast, forged: str
) -> None:
    await set_up(cast)
    page = await http.get("/p/batik-laras/jlamprang", params={"jj": forged})
    assert page.status_code == 200
    assert 'class="ref"' not in page.text


async def test_another_shops_click_names_nobody(http: httpx2.AsyncClient, cast: Cast) -> None:
    _, _, click = await set_up(cast)
    await make.product(cast.bukit.org, slug="gayo", name="Kopi Gayo")
    page = await http.get(f"/p/kopi-bukit/gayo?jj={click.id}")
    assert "Rina" not in page.text


async def test_a_click_of_an_ended_campaign_names_nobody(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    _, campaign, click = await set_up(cast)
    campaign.state, campaign.ended_at = "ended", world.now()
    await campaign.save(update_fields=["state", "ended_at"])
    page = await http.get(f"/p/batik-laras/jlamprang?jj={click.id}")
    assert 'class="ref"' not in page.text
    said = await http.get("/p/batik-laras/jlamprang?berakhir=1")
    assert "Kampanye ini sudah berakhir" in said.text


async def test_the_english_product_page_is_english(http: httpx2.AsyncClient, cast: Cast) -> None:
    _, campaign, click = await set_up(cast)
    for path in (f"/p/batik-laras/jlamprang?jj={click.id}", f"/join/{campaign.id}"):
        page = (await http.get(path, headers={"accept-language": "en"})).text
        assert INDONESIAN.findall(page.replace("Bahasa Indonesia", "")) == []


async def test_preview_tags_are_absolute(http: httpx2.AsyncClient, cast: Cast) -> None:
    await set_up(cast)
    page = (await http.get("/p/batik-laras/jlamprang")).text
    image = re.search(r'og:image" content="([^"]+)"', page)
    assert image is not None
    assert image[1].startswith("http://jejaring.test/p/batik-laras/jlamprang/card.png?v=")
    reply = await http.get(image[1])
    assert reply.headers["content-type"] == "image/png"
    assert "immutable" in reply.headers["cache-control"]
    assert 1_000 < len(reply.content) <= 300_000
    again = await http.get(image[1])
    assert again.content == reply.content
    shop = await http.get("/p/batik-laras/card.png")
    assert shop.headers["content-type"] == "image/png"


async def test_the_drawn_cards_are_bounded(http: httpx2.AsyncClient, cast: Cast,
                                           monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(card, "KEPT", 1)
    await set_up(cast)
    await http.get("/p/batik-laras/card.png")
    await http.get("/p/batik-laras/jlamprang/card.png")
    assert len(card._drawn) == 1


def camera(mode: str = "RGB", size: tuple[int, int] = (1600, 1200), form: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 80).convert(mode).save(out, form)
    return out.getvalue()


async def test_a_photo_is_fetched_once_made_small_and_served_by_us(
    http: httpx2.AsyncClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def fetch(url: str) -> client.Fetched:
        asked.append(url)
        return client.Fetched("ok", 200, camera())

    monkeypatch.setattr(client, "fetch", fetch)
    photo._kept.clear()
    await set_up(cast, image_url="https://elsewhere.example/photo.jpg")
    page = (await http.get("/p/batik-laras/jlamprang")).text
    assert "elsewhere.example" not in page
    path = re.search(r'<img src="([^"]+)"', page)
    assert path is not None
    replies = await asyncio.gather(*(http.get(path[1]) for _ in range(3)))
    assert {r.headers["content-type"] for r in replies} == {"image/jpeg"}
    assert Image.open(io.BytesIO(replies[0].content)).width == 720
    assert asked == ["https://elsewhere.example/photo.jpg"]
    photo._kept.clear()  # as after a restart
    again = await http.get(path[1])
    assert again.content == replies[0].content
    assert asked == ["https://elsewhere.example/photo.jpg"]


@pytest.mark.parametrize(
    "reply",
    [client.Fetched("timeout"), client.Fetched("ok", 404), client.Fetched("ok", 200, b"<html>")],
)
async def test_the_drawn_card_stands_in_for_a_photo_that_cannot_be_had(
    http: httpx2.AsyncClient, cast: Cast, monkeypatch: pytest.MonkeyPatch, reply: client.Fetched
) -> None:
    asked: list[str] = []

    async def fetch(url: str) -> client.Fetched:
        asked.append(url)
        return reply

    monkeypatch.setattr(client, "fetch", fetch)
    photo._kept.clear()
    await set_up(cast, image_url="https://elsewhere.example/gone.jpg")
    for _ in range(2):
        found = await http.get("/p/batik-laras/jlamprang/photo.jpg")
        assert found.status_code == 302
        assert "/card.png?v=" in found.headers["location"]
    assert len(asked) == 1
    with world.at(world.now() + photo.AGAIN_AFTER * 2):
        await http.get("/p/batik-laras/jlamprang/photo.jpg")
    assert len(asked) == 2


def test_pictures_of_every_kind_become_small_ones() -> None:
    for mode, form in (("RGB", "PNG"), ("RGBA", "PNG"), ("P", "GIF"), ("L", "JPEG")):
        for size in ((1600, 1200), (30, 20)):
            made = photo.small(camera(mode, size, form))
            assert made is not None
            assert Image.open(io.BytesIO(made)).format == "JPEG"
    plain = io.BytesIO()
    Image.new("RGB", (3000, 2000), "#1c3f66").save(plain, "PNG")
    assert len(photo.small(plain.getvalue()) or b"") < pictures.MOST_BYTES
    assert photo.small(b"no picture") is None
    assert photo.small(camera()[:2000]) is None


def test_a_picture_that_would_fill_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_PIXELS", 10_000)
    assert photo.small(camera()) is None


async def test_an_order_opens_whatsapp_with_reference_link_and_click(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await Organisation.filter(id=cast.laras.id).update(phone="+6281234567890")
    _, _, click = await set_up(cast)
    reply = await http.post("/p/batik-laras/jlamprang/order", data={"jj": click.id})
    assert reply.status_code == 303
    where = urlsplit(reply.headers["location"])
    assert (where.netloc, where.path) == ("wa.me", "/6281234567890")
    assert "+" not in where.query
    text = parse_qs(where.query)["text"][0]
    assert re.search(r"\[#RINA10-[2-9A-HJKMNP-Z]{4}\]", text)
    assert f"http://jejaring.test/p/batik-laras/jlamprang?jj={click.id}" in text
    assert "Kemeja Jlamprang" in text


async def test_an_order_without_a_partner_has_no_reference(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await Organisation.filter(id=cast.laras.id).update(phone="+6281234567890")
    await set_up(cast)
    reply = await http.post("/p/batik-laras/jlamprang/order")
    assert "%5B%23" not in reply.headers["location"]


@pytest.mark.parametrize(("phone", "stock"), [(None, "in_stock"), ("+6281234567890", "out")])
async def test_an_order_that_cannot_be_taken_leads_back(
    http: httpx2.AsyncClient, cast: Cast, phone: str | None, stock: str
) -> None:
    await Organisation.filter(id=cast.laras.id).update(phone=phone)
    await set_up(cast, stock=stock)
    assert 'id="order"' not in (await http.get("/p/batik-laras/jlamprang")).text
    reply = await http.post("/p/batik-laras/jlamprang/order")
    assert reply.headers["location"].endswith("pesan=no_order")


async def test_a_product_no_longer_sold_leads_to_its_shop(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await set_up(cast, archived_at=world.now())
    reply = await http.get("/p/batik-laras/jlamprang")
    assert reply.headers["location"].startswith("/p/batik-laras?pesan=info_product_gone")
    assert "tidak dijual lagi" in (await http.get(reply.headers["location"])).text


async def test_the_referrer_stays_while_one_looks_around(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    _, _, click = await set_up(cast)
    page = (await http.get(f"/p/batik-laras?jj={click.id}")).text
    assert f"/p/batik-laras/jlamprang?jj={click.id}" in page


@pytest.mark.parametrize("path", ["/p/nobody", "/p/batik-laras/nothing", "/p/rina", "/r/nope99"])
async def test_what_is_not_there_is_a_page_that_helps(
    http: httpx2.AsyncClient, cast: Cast, path: str
) -> None:
    reply = await http.get(path)
    assert reply.status_code == 404
    well_made(reply)
    assert 'action="/find"' in reply.text


async def test_a_suspended_shop_is_not_shown(http: httpx2.AsyncClient, cast: Cast) -> None:
    await Organisation.filter(id=cast.laras.id).update(suspended_at=world.now())
    assert (await http.get("/p/batik-laras")).status_code == 404


@pytest.mark.parametrize(
    ("words", "where"),
    [("Batik Laras", "/p/batik-laras"), ("batik-laras", "/p/batik-laras"),
     ("Gayo", "/p/kopi-bukit"), ("rina", "/?pesan=no_shop&q=rina"), ("", "/?pesan=no_shop&q=")],
)  # fmt: skip
async def test_a_shop_is_found_by_its_name(
    http: httpx2.AsyncClient, cast: Cast, words: str, where: str
) -> None:
    assert (await http.get("/find", params={"q": words})).headers["location"] == where


def test_a_discount_is_rounded_half_up() -> None:
    assert rules.discounted(285_000, 500) == 270_750
    assert rules.discounted(10, 500) == 9
    assert rules.discounted(10, None) == 10


@pytest.mark.parametrize(
    ("text", "lines"),
    [("", [""]), ("satu dua", ["satu dua"]), ("satu dua tiga", ["satu dua", "tiga"]),
     ("a" * 20, ["a" * 8]), ("satu dua tiga lima enam tuju", ["satu dua", "tiga li…"])],
)  # fmt: skip
def test_long_names_are_wrapped_and_cut(text: str, lines: list[str]) -> None:
    found = rules.wrapped(text, 8, 2)
    assert [len(line) <= 8 for line in found] == [True] * len(found)
    assert found[0] == lines[0]


def test_only_https_marketplaces_are_shown() -> None:
    urls = {"shopee": "https://shopee.co.id/x", "lazada": "http://lazada.co.id/x", "website": "x"}
    assert rules.markets(urls) == [("Shopee", "https://shopee.co.id/x")]
