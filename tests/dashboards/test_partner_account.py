"""Account: the payout method with its wait, the profile, the language, keys."""

from datetime import timedelta

import httpx2
import pytest

from jejaring import world
from jejaring.identity import hashing, keys
from jejaring.identity.models import ApiKey, Organisation, User
from jejaring.payouts.models import PayoutMethod
from tests import make
from tests.cast import Cast, sign_in

PASSWORD = "batik parang rusak"
METHOD = "/partner/account/method"


@pytest.fixture
async def token(http: httpx2.AsyncClient, cast: Cast) -> str:
    """Rina's browser, with a password to confirm by."""
    hashed = await hashing.hash_password(PASSWORD)
    await User.filter(id=cast.rina.user.id).update(password_hash=hashed)
    return await sign_in(http, cast.rina)


def account(token: str, number: str = "123 456 4821", **more: str) -> dict[str, str]:
    given = {
        "csrf": token, "provider": "bca", "account_number": number,
        "account_name": "Rina Wulandari", "password": PASSWORD,
    }  # fmt: skip
    return given | more


async def test_the_first_account_counts_at_once_and_shows_four_digits(
    http: httpx2.AsyncClient, cast: Cast, token: str
) -> None:
    reply = await http.post(METHOD, data=account(token))
    assert reply.headers["location"] == "/partner/account?pesan=method_set"
    page = (await http.get("/partner/account")).text
    assert "BCA ••4821" in page
    assert "1234564821" not in page
    assert "Dipakai" in page


async def test_a_change_waits_two_days_and_can_be_taken_back(
    http: httpx2.AsyncClient, cast: Cast, token: str
) -> None:
    await http.post(METHOD, data=account(token))
    reply = await http.post(METHOD, data=account(token, "0812 3456 7890", provider="gopay"))
    assert reply.headers["location"].startswith("/partner/account?pesan=wait_method")
    page = (await http.get(reply.headers["location"])).text
    assert "Diganti ke GoPay ••7890" in page
    assert "Bukan Anda? Batalkan" in page
    waiting = await PayoutMethod.get(provider="gopay")
    assert waiting.effective_at > world.now() + timedelta(hours=47)
    reply = await http.post(f"{METHOD}/cancel", data={"csrf": token})
    assert reply.headers["location"] == "/partner/account?pesan=method_kept"
    assert "GoPay ••" not in (await http.get("/partner/account")).text


async def test_cancelling_nothing_is_a_conflict(
    http: httpx2.AsyncClient, cast: Cast, token: str
) -> None:
    await http.post(METHOD, data=account(token))
    assert (await http.post(f"{METHOD}/cancel", data={"csrf": token})).status_code == 409


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"account_number": "12a"}, "account_number"),
        ({"provider": "bank-x"}, "provider"),
        ({"provider": ""}, "provider"),
        ({"account_name": " "}, "account_name"),
        ({"account_name": "R" * 71}, "account_name"),
        ({"password": "bukan ini"}, "password"),
        ({"provider": "ovo", "account_number": "12"}, "account_number"),
    ],
)
async def test_a_wrong_account_comes_back_with_what_was_typed(
    http: httpx2.AsyncClient, cast: Cast, token: str, wrong: dict[str, str], field: str
) -> None:
    reply = await http.post(METHOD, data=account(token) | wrong)
    assert reply.status_code == 422
    assert f'id="f-{field}-e"' in reply.text
    if field != "account_number":
        assert "123 456 4821" in reply.text
    assert PASSWORD not in reply.text
    assert not await PayoutMethod.exists()


async def test_guessing_the_password_ends_soon(
    http: httpx2.AsyncClient, cast: Cast, token: str
) -> None:
    sent = account(token, password="tebakan")
    statuses = [(await http.post(METHOD, data=sent)).status_code for _ in range(6)]
    assert statuses[-1] == 429


async def test_only_an_owner_sees_the_account_form(
    http: httpx2.AsyncClient, cast: Cast, token: str
) -> None:
    helper = await make.user()
    await make.membership(helper, cast.rina.org, "manager")
    sign = await sign_in(http, type(cast.rina)(cast.rina.org, helper, ""))
    assert METHOD not in (await http.get("/partner/account")).text
    assert (await http.post(METHOD, data=account(sign))).status_code == 403


async def test_the_profile_is_changed_or_comes_back(
    http: httpx2.AsyncClient, cast: Cast, token: str
) -> None:
    sent = {"csrf": token, "name": "Rina W", "city": "Pekalongan", "about": "Batik sejak 2010",
            "phone": "0812-3456-7890", "zone": "Asia/Makassar"}  # fmt: skip
    reply = await http.post("/partner/account/profile", data=sent)
    assert reply.headers["location"] == "/partner/account?pesan=profile_saved"
    row = await Organisation.get(id=cast.rina.id)
    assert (row.name, row.city, row.zone) == ("Rina W", "Pekalongan", "Asia/Makassar")
    wrong = await http.post("/partner/account/profile", data=sent | {"name": "", "phone": "12"})
    assert wrong.status_code == 422
    assert 'id="f-name-e"' in wrong.text
    assert 'id="f-phone-e"' in wrong.text
    assert "Batik sejak 2010" in wrong.text


async def test_the_language_is_kept(http: httpx2.AsyncClient, cast: Cast, token: str) -> None:
    sent = {"csrf": token, "language": "en"}
    reply = await http.post("/partner/account/language", data=sent)
    page = (await http.get(reply.headers["location"])).text
    assert '<html lang="en"' in page
    assert "Language saved." in page
    assert (await User.get(id=cast.rina.user.id)).language == "en"
    assert '<html lang="en"' in (await http.get("/partner")).text


async def test_a_key_is_shown_once_and_revoked(
    http: httpx2.AsyncClient, cast: Cast, token: str
) -> None:
    sent = {"csrf": token, "name": "Bot stok", "scopes": ["links", "stats"]}
    reply = await http.post("/partner/account/keys", data=sent)
    assert reply.status_code == 201
    assert reply.headers["cache-control"] == "no-store"
    made = await ApiKey.get(name="Bot stok")
    secret = reply.text.partition('data-copy="')[2].partition('"')[0]
    assert keys.hash_of(secret) == made.key_hash
    assert sorted(made.scopes) == ["links", "stats"]
    assert secret not in (await http.get("/partner/account/keys")).text
    reply = await http.post(f"/partner/account/keys/{made.id}/revoke", data={"csrf": token})
    assert reply.headers["location"] == "/partner/account/keys?pesan=key_revoked"
    assert await keys.lookup(secret) is None
    assert "Dicabut" in (await http.get("/partner/account/keys")).text


async def test_a_wrong_key_comes_back_with_what_was_chosen(
    http: httpx2.AsyncClient, cast: Cast, token: str
) -> None:
    sent = {"csrf": token, "name": "", "scopes": ["links"]}
    reply = await http.post("/partner/account/keys", data=sent)
    assert reply.status_code == 422
    assert 'id="f-name-e"' in reply.text
    assert 'value="links" checked' in reply.text
    none = await http.post("/partner/account/keys", data={"csrf": token, "name": "Bot"})
    assert none.status_code == 422
    assert 'value="Bot"' in none.text


async def test_the_keys_of_others_are_not_found(
    http: httpx2.AsyncClient, cast: Cast, token: str
) -> None:
    theirs = await ApiKey.get(organisation_id=cast.dimas.id)
    reply = await http.post(f"/partner/account/keys/{theirs.id}/revoke", data={"csrf": token})
    assert reply.status_code == 404
