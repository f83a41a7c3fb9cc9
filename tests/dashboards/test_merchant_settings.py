"""Settings of a shop: profile and limits, sites, team, keys, sessions elsewhere."""

import httpx2

from campaigns.catalog.models import Site
from jejaring.identity import sessions
from jejaring.identity.models import ApiKey, Membership, Organisation, Session
from tests import make
from tests.cast import Cast, sign_in


async def test_the_profile_keeps_what_was_typed(http: httpx2.AsyncClient, cast: Cast) -> None:
    csrf = await sign_in(http, cast.laras)
    path = "/merchant/settings/profile"
    sent = {"csrf": csrf, "name": "Batik Laras", "phone": "12", "zone": "Asia/Jakarta",
            "minimum": "25.000", "limit": "2.000.000"}  # fmt: skip
    reply = await http.post(path, data=sent)
    assert reply.status_code == 422
    assert 'value="12"' in reply.text
    await http.post(path, data=sent | {"phone": "0812-3456-7890"})
    row = await Organisation.get(id=cast.laras.id)
    assert (row.payout_minimum, row.payout_limit, row.phone) == (
        25_000, 2_000_000, "+6281234567890",
    )  # fmt: skip
    assert "Rp2.000.000" in (await http.get("/merchant/settings")).text


async def test_a_site_is_added_with_its_steps(http: httpx2.AsyncClient, cast: Cast) -> None:
    csrf = await sign_in(http, cast.laras)
    path = "/merchant/settings/sites"
    reply = await http.post(path, data={"csrf": csrf, "host": "https://x"})
    assert reply.status_code == 422
    await make.site(cast.bukit.org, "taken.id")
    reply = await http.post(path, data={"csrf": csrf, "host": "taken.id"})
    assert reply.status_code == 422
    assert 'value="taken.id"' in reply.text
    await http.post(path, data={"csrf": csrf, "host": "batiklaras.id"})
    site = await Site.get(merchant_id=cast.laras.id)
    assert f"jejaring-verify={site.token}" in (await http.get(path)).text


async def test_members_come_change_and_go(http: httpx2.AsyncClient, cast: Cast) -> None:
    csrf = await sign_in(http, cast.laras)
    path = "/merchant/settings/team"
    page = (await http.post(path, data={"csrf": csrf, "role": "finance", "memo": "Hadi"})).text
    assert "/signup?as=member&amp;code=" in page
    assert (await http.post(path, data={"csrf": csrf, "role": "king"})).status_code == 422
    hadi = await make.user(name="Pak Hadi")
    await make.membership(hadi, cast.laras.org, "finance")
    await http.post(f"{path}/{hadi.id}/role", data={"csrf": csrf, "role": "manager"})
    assert (await Membership.get(user_id=hadi.id)).role == "manager"
    assert "/reset/" in (await http.post(f"{path}/{hadi.id}/reset", data={"csrf": csrf})).text
    own = cast.laras.user.id
    last = await http.post(f"{path}/{own}/role", data={"csrf": csrf, "role": "viewer"})
    assert last.status_code == 409
    assert (
        "no_oneself"
        in (await http.post(f"{path}/{own}/remove", data={"csrf": csrf})).headers["location"]
    )
    await http.post(f"{path}/{hadi.id}/remove", data={"csrf": csrf})
    assert not await Membership.exists(user_id=hadi.id)
    gone = await http.post(f"{path}/{hadi.id}/remove", data={"csrf": csrf})
    assert gone.status_code == 404
    invitation = page.split("/merchant/settings/invitations/")[1].split("/")[0]
    reply = await http.post(
        f"/merchant/settings/invitations/{invitation}/revoke", data={"csrf": csrf}
    )
    assert "invitation_revoked" in reply.headers["location"]


async def test_a_key_is_shown_once_and_revoked(http: httpx2.AsyncClient, cast: Cast) -> None:
    csrf = await sign_in(http, cast.laras)
    path = "/merchant/settings/keys"
    reply = await http.post(path, data={"csrf": csrf, "name": "Kasir"})
    assert reply.status_code == 422
    assert 'value="Kasir"' in reply.text
    page = (await http.post(path, data={"csrf": csrf, "name": "Kasir", "scopes": "sales"})).text
    assert "jjk_" in page
    row = await ApiKey.get(name="Kasir")
    assert row.scopes == ["sales"]
    assert page.count("data-copy") == 1
    assert "data-copy" not in (await http.get(path)).text
    await http.post(f"{path}/{row.id}/revoke", data={"csrf": csrf})
    await row.refresh_from_db()
    assert row.revoked_at is not None


async def test_other_sessions_end(http: httpx2.AsyncClient, cast: Cast) -> None:
    await sessions.open(cast.laras.user.id)
    csrf = await sign_in(http, cast.laras)
    await http.post("/merchant/settings/signout", data={"csrf": csrf})
    assert await Session.filter(user_id=cast.laras.user.id).count() == 1
