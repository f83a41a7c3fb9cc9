"""Pages for strangers: everybody may open them, they sell, and nobody learns more than they may."""

import gzip
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from dashboards.public import card, rules
from jejaring import world
from jejaring.identity import links, sessions
from jejaring.identity.models import Membership, Organisation, User
from jejaring.web import assets
from referrals.clicks.models import Click
from tests import make
from tests.cast import Cast, sign_in

OPEN = ("/", "/signin", "/signup", "/signup?as=shop", "/signup?as=member", "/privacy", "/terms",
        "/docs/api", "/p/batik-laras", "/nothing/here")  # fmt: skip
PASSWORD = "kalimat pendek yang mudah"


@pytest.mark.parametrize("path", OPEN)
async def test_a_stranger_may_open_it_and_it_is_well_made(
    http: httpx2.AsyncClient, cast: Cast, path: str
) -> None:
    reply = await http.get(path)
    assert reply.status_code == (404 if path.startswith("/nothing") else 200)
    well_made(reply)


def well_made(reply: httpx2.Response) -> None:
    """One language, one h1, no inline style or script, and light with all that it loads."""
    page = reply.text
    assert re.search(r'<html lang="(id|en)">', page)
    assert len(re.findall(r"<h1[ >]", page)) == 1
    assert not re.search(r'\sstyle=|<style|\son[a-z]+="|<script(?![^>]+src=)', page)
    assert "Undefined" not in page
    files = [assets._file(name)[0] for name in ("app.css", "app.js", "mark.svg")]
    total = sum(len(gzip.compress(part, 9)) for part in (reply.content, *files))
    assert total <= 40_000
    for label in re.findall(r'<label for="([^"]+)"', page):
        assert f'id="{label}"' in page


INDONESIAN = re.compile(r"\b(dan|untuk|yang|Anda|dari|belum|toko|mitra|bisa|dengan)\b")


@pytest.mark.parametrize("path", [p for p in OPEN if not p.startswith("/p/")])
async def test_the_english_page_has_no_indonesian_left(
    http: httpx2.AsyncClient, cast: Cast, path: str
) -> None:
    page = (await http.get(path, headers={"accept-language": "en"})).text
    body = page.replace("Bahasa Indonesia", "")
    assert INDONESIAN.findall(body) == []


async def test_the_front_page_takes_members_home(http: httpx2.AsyncClient, cast: Cast) -> None:
    await sign_in(http, cast.rina)
    assert (await http.get("/")).headers["location"] == "/partner"


# Shops and products


async def set_up(cast: Cast, **product: Any) -> tuple[Any, Any, Click]:
    one = await make.product(cast.laras.org, slug="jlamprang", **product)
    campaign = await make.campaign(cast.laras.org, one)
    enrolment = await make.enrolment(campaign, cast.rina.org)
    await make.coupon(enrolment, "RINA10")
    click = await Click.create(
        id=world.token(22), at=world.now(), link_id="lnk_1", enrolment_id=enrolment.id,
        campaign_id=campaign.id, merchant_id=cast.laras.id, partner_id=cast.rina.id,
        product_id=one.id, kind="person", via="click",
    )  # fmt: skip
    return one, campaign, click


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


async def test_a_photo_from_elsewhere_is_not_loaded(http: httpx2.AsyncClient, cast: Cast) -> None:
    await set_up(cast, image_url="https://elsewhere.example/photo.jpg")
    assert "elsewhere.example" not in (await http.get("/p/batik-laras/jlamprang")).text


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


# Signing in and up


async def person(cast: Cast) -> None:
    from_link = await links.issue(cast.laras.user.id, "test")
    await links.redeem(from_link, PASSWORD)


async def test_signing_in_leads_to_where_one_wanted_to_go(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await person(cast)
    sent = {"login": "batik-laras@example.com", "password": PASSWORD}
    reply = await http.post("/signin?next=/merchant/sales", data=sent)
    assert reply.headers["location"] == "/merchant/sales"
    assert sessions.cookie_name() in reply.cookies
    assert (await http.get("/signin")).headers["location"] == "/merchant"


async def test_signing_in_never_leads_to_another_site(http: httpx2.AsyncClient, cast: Cast) -> None:
    await person(cast)
    sent = {"login": "batik-laras@example.com", "password": PASSWORD}
    reply = await http.post("/signin?next=//evil.example/", data=sent)
    assert reply.headers["location"] == "/merchant"


async def test_a_wrong_password_is_said_and_what_was_typed_stays(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    sent = {"login": "batik-laras@example.com", "password": "wrong password"}
    reply = await http.post("/signin", data=sent)
    assert reply.status_code == 422
    well_made(reply)
    assert 'value="batik-laras@example.com"' in reply.text
    assert "wrong password" not in reply.text
    assert 'aria-invalid="true"' in reply.text


async def test_signing_out_ends_the_session(http: httpx2.AsyncClient, cast: Cast) -> None:
    token = await sign_in(http, cast.laras)
    reply = await http.post("/signout", data={"csrf": token})
    assert reply.headers["location"] == "/?pesan=signed_out"
    http.cookies.delete(sessions.cookie_name())
    assert (await http.get("/menu")).status_code == 303


async def test_inside_an_app_the_sign_in_page_says_so(http: httpx2.AsyncClient) -> None:
    inside = {"user-agent": "Mozilla/5.0 (Linux; Android 13) Instagram 300.0"}
    assert "Anda di dalam Instagram" in (await http.get("/signin", headers=inside)).text
    assert "Anda di dalam" not in (await http.get("/signin")).text


async def test_signing_up_needs_an_invitation_where_that_is_the_rule(
    http: httpx2.AsyncClient,
) -> None:
    sent = {"kind": "shop", "name": "Bu Sri", "shop_name": "Keripik", "phone": "0812-3456-7899",
            "password": PASSWORD}  # fmt: skip
    reply = await http.post("/signup?as=shop", data=sent)
    assert reply.status_code == 422
    well_made(reply)
    assert 'id="f-code-e"' in reply.text
    assert await User.all().count() == 0


async def test_a_one_time_link_sets_a_password_and_signs_in(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    token = await links.issue(cast.laras.user.id, "test")
    well_made(await http.get(f"/reset/{token}"))
    short = await http.post(f"/reset/{token}", data={"password": "abc"})
    assert short.status_code == 422
    reply = await http.post(f"/reset/{token}", data={"password": PASSWORD})
    assert reply.headers["location"].startswith("/merchant")
    assert sessions.cookie_name() in reply.cookies
    assert (await http.get(f"/reset/{token}")).status_code == 404


# Joining


async def test_the_join_page_says_what_one_earns(http: httpx2.AsyncClient, cast: Cast) -> None:
    await make.product(cast.laras.org)
    campaign = await make.campaign(cast.laras.org)
    reply = await http.get(f"/join/{campaign.id}?role=follower")
    well_made(reply)
    assert "10%" in reply.text
    assert "Rp18.500" in reply.text
    assert 'value="follower" checked' in reply.text


async def test_a_draft_cannot_be_looked_at(http: httpx2.AsyncClient, cast: Cast) -> None:
    campaign = await make.campaign(cast.laras.org, state="draft", launched_at=None)
    assert (await http.get(f"/join/{campaign.id}")).status_code == 404


async def test_an_ended_campaign_takes_nobody(http: httpx2.AsyncClient, cast: Cast) -> None:
    campaign = await make.campaign(cast.laras.org, state="ended", ended_at=world.now())
    page = await http.get(f"/join/{campaign.id}")
    assert "Belum bisa bergabung" in page.text
    token = await sign_in(http, cast.rina)
    reply = await http.post(f"/join/{campaign.id}", data={"csrf": token, "role": "reseller"})
    assert reply.status_code == 409


async def test_a_stranger_signs_up_and_joins_in_one_step(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    campaign = await make.campaign(cast.laras.org)
    sent = {"role": "reseller", "name": "Wati", "phone": "0812-1111-2222", "password": PASSWORD}
    reply = await http.post(f"/join/{campaign.id}", data=sent)
    assert reply.headers["location"].startswith("/partner/links?pesan=joined")
    member = await Membership.get(user__phone="+6281211112222").select_related("organisation")
    assert member.organisation.kind == "partner"
    assert "Anda sudah di kampanye ini" in (await http.get(f"/join/{campaign.id}")).text


async def test_every_wrong_entry_is_said_at_once_and_nothing_is_made(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    campaign = await make.campaign(cast.laras.org)
    sent = {"role": "reseller", "name": "", "phone": "12", "password": "x"}
    before = await User.all().count()
    reply = await http.post(f"/join/{campaign.id}", data=sent)
    assert reply.status_code == 422
    assert reply.text.count('aria-invalid="true"') == 3
    wrong_role = await http.post(f"/join/{campaign.id}", data=sent | {"role": "king"})
    assert wrong_role.status_code == 422
    assert await User.all().count() == before


async def test_a_partner_asks_to_join_and_answers(http: httpx2.AsyncClient, cast: Cast) -> None:
    question = "Di mana ~ Anda / berjualan?"
    campaign = await make.campaign(cast.laras.org, joining="approval", questions=[question])
    token = await sign_in(http, cast.rina)
    sent = {"csrf": token, "role": "reseller"}
    refused = await http.post(f"/join/{campaign.id}", data=sent)
    assert 'id="f-answer-0-e"' in refused.text
    reply = await http.post(f"/join/{campaign.id}", data=sent | {"answer-0": "Pasar"})
    assert reply.headers["location"].startswith("/partner/campaigns?pesan=wait_requested")


async def test_a_shop_cannot_join(http: httpx2.AsyncClient, cast: Cast) -> None:
    campaign = await make.campaign(cast.laras.org)
    token = await sign_in(http, cast.bukit)
    assert "Masuk sebagai mitra dulu" in (await http.get(f"/join/{campaign.id}")).text
    reply = await http.post(f"/join/{campaign.id}", data={"csrf": token, "role": "reseller"})
    assert reply.status_code == 422


# Rules


def test_a_reference_has_no_letters_that_are_mistaken() -> None:
    assert rules.reference("RINA10", "ilo01abcd") == "[#RINA10-ABCD]"


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
