"""Pages for strangers: everybody may open them, they sell, and nobody learns more than they may."""

import httpx2
import pytest

from jejaring.identity import sessions
from jejaring.identity.models import User
from jejaring.identity.rules import Caller
from jejaring.members import invitations, links
from tests.cast import Cast, sign_in
from tests.dashboards.well import INDONESIAN, PASSWORD, well_made

OPEN = ("/", "/signin", "/signup", "/signup?as=shop", "/signup?as=member", "/privacy", "/terms",
        "/docs/api", "/p/batik-laras", "/nothing/here")  # fmt: skip


@pytest.mark.parametrize("path", OPEN)
async def test_a_stranger_may_open_it_and_it_is_well_made(
    http: httpx2.AsyncClient, cast: Cast, path: str
) -> None:
    reply = await http.get(path)
    assert reply.status_code == (404 if path.startswith("/nothing") else 200)
    well_made(reply)


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


@pytest.mark.parametrize(
    ("kind", "inviter", "home"),
    [("shop", "sari", "/merchant"), ("partner", "laras", "/partner"),
     ("member", "rina", "/partner")],
)  # fmt: skip
async def test_an_invitation_opens_the_door_once(
    http: httpx2.AsyncClient, cast: Cast, kind: str, inviter: str, home: str
) -> None:
    host = getattr(cast, inviter)
    asker = Caller(host.id, host.org.kind, host.org.slug, host.org.name, host.org.zone,
                   host.user.id, role="owner", user_id=host.user.id)  # fmt: skip
    _, code = await invitations.create(asker, kind)
    assert code in (await http.get(f"/signup?as={kind}&code={code}")).text
    sent = {"kind": kind, "name": "Bu Sri", "shop_name": "Keripik Sri", "phone": "0812-3456-7899",
            "password": PASSWORD, "code": code}  # fmt: skip
    reply = await http.post(f"/signup?as={kind}", data=sent)
    assert reply.headers["location"].startswith(f"{home}?pesan=welcome")
    http.cookies.clear()
    again = await http.post(f"/signup?as={kind}", data=sent | {"phone": "0812-3456-7800"})
    assert 'id="f-code-e"' in again.text


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
