"""Signing in and out, sessions, one-time links, limits."""

import asyncio
import threading
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from starlette.requests import Request
from starlette.responses import Response

from jejaring import world
from jejaring.identity import hashing, sessions
from jejaring.identity.models import Membership, Organisation, Session, User
from jejaring.kit.errors import Forbidden, Invalid, NotFound, TooMany
from jejaring.members import links, signin, signup
from jejaring.settings import settings
from jejaring.trail import consent
from tests import make
from tests.cast import Cast
from tests.foundation.test_identity_signup import caller

PASSWORD = "rahasia-sekali"
ANI = signup.Person("Ani", "ani@example.com", "0812-3456-7890", PASSWORD)


def asking(token: str | None = None, **more: object) -> Request:
    """A browser's request with this session cookie."""
    headers = [(b"cookie", f"{sessions.cookie_name()}={token}".encode())] if token else []
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers, "query_string": b""}
    return Request(scope | more)


async def ani() -> User:
    """A partner who can sign in."""
    user, _ = await signup.become_partner(ANI, from_join_page=True)
    return user


@pytest.mark.parametrize("login", [" ANI@example.com ", "081234567890", "+62 812 3456 7890"])
async def test_email_and_phone_sign_in_however_they_are_written(db: None, login: str) -> None:
    user = await ani()
    assert (await signin.check(login, PASSWORD, "192.0.2.1")).id == user.id


async def test_unknown_wrong_disabled_and_passwordless_get_the_same_answer(db: None) -> None:
    user = await ani()
    await make.user(email="empty@example.com")
    tries = [
        ("ani@example.com", "wrong-password"),
        ("nobody@example.com", PASSWORD),
        ("not a login", PASSWORD),
        ("empty@example.com", ""),
    ]
    for login, password in tries:
        with pytest.raises(Invalid, match="signin_failed"):
            await signin.check(login, password, "192.0.2.1")
    await User.filter(id=user.id).update(disabled_at=world.now())
    with pytest.raises(Invalid, match="signin_failed"):
        await signin.check("ani@example.com", PASSWORD, "192.0.2.1")


async def test_an_unknown_login_costs_a_hash_too(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str | None] = []
    verify = hashing.verify

    async def counted(stored: str | None, password: str) -> bool:
        hashed.append(stored)
        return await verify(stored, password)

    monkeypatch.setattr(hashing, "verify", counted)
    with pytest.raises(Invalid):
        await signin.check("nobody@example.com", PASSWORD, "192.0.2.1")
    assert hashed == [None]


async def test_the_sixth_try_of_a_login_from_an_address_is_too_many_there_only(db: None) -> None:
    await ani()
    for _ in range(5):
        with pytest.raises(Invalid):
            await signin.check("ani@example.com", "wrong-password", "192.0.2.1")
    with pytest.raises(TooMany) as refused:
        await signin.check("ANI@example.com", PASSWORD, "192.0.2.1")
    assert int(refused.value.headers["Retry-After"]) >= 1
    assert await signin.check("ani@example.com", PASSWORD, "192.0.2.9")


async def test_the_thirty_first_try_of_a_login_is_too_many_from_anywhere(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no(stored: str | None, password: str) -> bool:
        return False

    await ani()
    with monkeypatch.context() as patched:
        patched.setattr(hashing, "verify", no)
        for number in range(30):
            with pytest.raises(Invalid):
                await signin.check("ani@example.com", "wrong-password", f"198.51.100.{number}")
    with pytest.raises(TooMany):
        await signin.check("ani@example.com", PASSWORD, "192.0.2.9")


async def test_the_thirty_first_try_of_an_address_is_too_many(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no(stored: str | None, password: str) -> bool:
        return False

    monkeypatch.setattr(hashing, "verify", no)
    for number in range(30):
        with pytest.raises(Invalid):
            await signin.check(f"user{number}@example.com", PASSWORD, f"2001:db8::{number}")
    with pytest.raises(TooMany):
        await signin.check("user31@example.com", PASSWORD, "2001:db8::ffff")


async def test_somebody_with_nowhere_to_go_is_told_why(db: None) -> None:
    user = await ani()
    org = await Membership.get(user_id=user.id).values_list("organisation_id", flat=True)
    await Organisation.filter(id=org).update(suspended_at=world.now())
    with pytest.raises(Forbidden, match="organisation_suspended"):
        await signin.check("ani@example.com", PASSWORD, "192.0.2.1")
    await Membership.filter(user_id=user.id).delete()
    with pytest.raises(Forbidden, match="no_organisation"):
        await signin.check("ani@example.com", PASSWORD, "192.0.2.1")


async def test_an_outdated_hash_is_renewed_at_sign_in(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await ani()
    monkeypatch.setattr(hashing, "is_outdated", lambda _: True)
    await signin.check("ani@example.com", PASSWORD, "192.0.2.1")
    assert (await User.get(id=user.id)).password_hash != user.password_hash


async def test_passwords_are_argon2id_of_the_agreed_cost(db: None) -> None:
    stored = await hashing.hash_password("kata-sandi")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await hashing.verify(stored, "kata-sandi")
    assert not await hashing.verify(stored, "kata-sandj")
    assert not await hashing.verify("broken", "kata-sandi")
    assert not await hashing.verify(None, "")
    assert not hashing.is_outdated(stored)
    # The stand-in for nobody must be a real hash of the same cost, or timing tells who exists.
    assert not hashing.is_outdated(hashing._NOBODY)


class _InPairs:
    """Hashes two at a time: one alone, as on the loop itself, would wait for the other in vain."""

    def __init__(self) -> None:
        self.both = threading.Barrier(hashing.AT_ONCE, timeout=30)
        self.lock = threading.Lock()
        self.now = self.most = 0

    def hash(self, password: str) -> str:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.both.wait()
        with self.lock:
            self.now -= 1
        return password


async def test_passwords_are_hashed_beside_the_loop_two_at_a_time(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = _InPairs()
    monkeypatch.setattr(hashing, "_hasher", pairs)
    flood = [hashing.hash_password("x" * 8) for _ in range(6)]
    assert await asyncio.gather(*flood) == ["x" * 8] * 6
    assert pairs.most == hashing.AT_ONCE


async def test_a_long_queue_of_passwords_is_cut_off(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "MAX_WAITING", 0)
    with pytest.raises(TooMany):
        await hashing.verify(None, "x")


async def test_a_session_is_read_slides_and_ends(db: None) -> None:
    user = await ani()
    token = await sessions.open(user.id)
    start = world.now()
    request = asking(token)
    read = await sessions.read(request)
    assert read is not None
    assert (read.user_id, read.role, read.kind) == (user.id, "owner", "partner")
    assert len(request.state.form_token) == 32
    before = await Session.get(user_id=user.id)
    with world.at(start + timedelta(minutes=59)):
        await sessions.read(asking(token))
    assert (await Session.get(user_id=user.id)).seen_at == before.seen_at
    with world.at(start + timedelta(days=20)):
        assert await sessions.read(asking(token)) is not None
    with world.at(start + timedelta(days=45)):
        assert await sessions.read(asking(token)) is not None
    with world.at(start + timedelta(days=90)):
        assert await sessions.read(asking(token)) is None
        await sessions.tidy()
    assert await Session.all().count() == 0


async def test_a_session_ends_after_half_a_year_of_daily_use(db: None) -> None:
    user = await ani()
    token, start = await sessions.open(user.id), world.now()
    for day in range(20, 180, 20):
        with world.at(start + timedelta(days=day)):
            assert await sessions.read(asking(token)) is not None
    with world.at(start + timedelta(days=181)):
        assert await sessions.read(asking(token)) is None


@pytest.mark.parametrize("token", [None, "", "nonsense"])
async def test_a_stranger_has_no_session(db: None, token: str | None) -> None:
    assert await sessions.read(asking(token)) is None


async def test_a_disabled_user_is_signed_out(db: None) -> None:
    user = await ani()
    token = await sessions.open(user.id)
    await User.filter(id=user.id).update(disabled_at=world.now())
    assert await sessions.read(asking(token)) is None


def cookie_of(response: Response) -> SimpleCookie:
    """The cookie that a response sets."""
    return SimpleCookie(response.headers["set-cookie"])


async def test_signing_in_rotates_the_session_of_the_browser(db: None) -> None:
    user = await ani()
    planted = await sessions.open(user.id)
    response = Response()
    await sessions.begin(asking(planted), response, user.id)
    assert await sessions.read(asking(planted)) is None
    morsel = cookie_of(response)["jj_session"]
    assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "lax", "/")
    assert not morsel["secure"]
    assert await sessions.read(asking(morsel.value)) is not None


async def test_over_https_the_cookie_is_secure_and_has_the_host_prefix(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = settings().model_copy(update={"base_url": "https://jejaring.test"})
    monkeypatch.setattr(sessions, "settings", lambda: changed)
    response = Response()
    sessions.set_cookie(response, "token")
    morsel = cookie_of(response)["__Host-jj_session"]
    assert morsel["secure"] is True
    assert morsel["domain"] == ""


async def test_signing_out_deletes_session_and_cookie(db: None) -> None:
    user = await ani()
    token = await sessions.open(user.id)
    response = Response()
    await sessions.close(asking(token), response)
    assert await Session.all().count() == 0
    assert cookie_of(response)["jj_session"]["max-age"] == "0"
    await sessions.close(asking(), response)


async def test_one_switches_among_own_organisations_only(cast: Cast) -> None:
    await make.membership(cast.laras.user, cast.rina.org, "viewer")
    token = await sessions.open(cast.laras.user.id, cast.laras.id)
    await sessions.switch(asking(token), cast.rina.id)
    read = await sessions.read(asking(token))
    assert read is not None
    assert (read.organisation_id, read.role) == (cast.rina.id, "viewer")
    for stranger in (asking(token), asking("nonsense"), asking()):
        with pytest.raises(NotFound):
            await sessions.switch(stranger, cast.bukit.id)


async def test_a_password_is_asked_again_and_changed(db: None) -> None:
    user = await ani()
    token = await sessions.open(user.id)
    await signin.confirm(user.id, PASSWORD)
    with pytest.raises(Invalid) as refused:
        await signin.confirm(user.id, "wrong-password")
    assert refused.value.fields[0].code == "password_wrong"
    with pytest.raises(Invalid):
        await signin.change_password(user.id, PASSWORD, "short")
    await signin.change_password(user.id, PASSWORD, "yang-baru-ini")
    assert await sessions.read(asking(token)) is None
    assert (await signin.check("ani@example.com", "yang-baru-ini", "192.0.2.1")).id == user.id


async def test_ending_all_sessions_can_spare_this_browser(db: None) -> None:
    user = await ani()
    here, there = await sessions.open(user.id), await sessions.open(user.id)
    assert await sessions.end_all(user.id, but=asking(here)) == 1
    assert await sessions.read(asking(here)) is not None
    assert await sessions.read(asking(there)) is None


async def test_the_first_operator_sets_a_password_by_a_link_that_works_once(db: None) -> None:
    token = await signup.operator("Sari@Example.com")
    assert links.url_of(token) == f"http://jejaring.test/reset/{token}"
    assert (await links.look(token)).email == "sari@example.com"
    with pytest.raises(Invalid):
        await links.redeem(token, "short")
    await links.redeem(token, PASSWORD)
    user = await signin.check("sari@example.com", PASSWORD, "192.0.2.1")
    member = await Membership.get(user_id=user.id).select_related("organisation")
    assert (member.role, member.organisation.kind) == ("owner", "operator")
    with pytest.raises(NotFound):
        await links.redeem(token, "another-password")


async def test_asking_again_for_an_operator_ends_the_older_link(db: None) -> None:
    first = await signup.operator("sari@example.com")
    second = await signup.operator("sari@example.com")
    await Membership.all().update(role="viewer")
    third = await signup.operator("sari@example.com")
    for over in (first, second):
        with pytest.raises(NotFound):
            await links.look(over)
    assert (await links.look(third)).email == "sari@example.com"
    assert await Organisation.all().count() == await User.all().count() == 1
    assert (await Membership.get()).role == "owner"
    with pytest.raises(Invalid):
        await signup.operator("sari")


async def test_a_second_link_keeps_the_consent_of_the_first(db: None) -> None:
    user = await ani()
    await links.redeem(await links.issue(user.id, "cli"), "yang-baru-ini")
    assert len(await consent.of(user.id)) == len(consent.TEXT_VERSIONS)


async def test_a_session_of_an_organisation_one_left_turns_to_another(cast: Cast) -> None:
    token = await sessions.open(cast.laras.user.id, cast.bukit.id)
    read = await sessions.read(asking(token))
    assert read is not None
    assert read.organisation_id == cast.laras.id


async def test_changing_the_password_of_nobody_is_refused(db: None) -> None:
    with pytest.raises(Invalid):
        await signin.change_password("usr_none", PASSWORD, "yang-baru-ini")


async def test_a_link_is_over_after_its_time(db: None) -> None:
    token = await signup.operator("sari@example.com")
    with world.at(world.now() + timedelta(hours=25)), pytest.raises(NotFound):
        await links.look(token)


async def test_a_link_works_once_also_when_two_race(db: None) -> None:
    token = await signup.operator("sari@example.com")
    both = [links.redeem(token, f"password-{n}") for n in range(2)]
    results = await asyncio.gather(*both, return_exceptions=True)
    assert sum(isinstance(r, NotFound) for r in results) == 1


async def test_a_password_link_ends_every_session(cast: Cast) -> None:
    session = await sessions.open(cast.laras.user.id)
    token = await links.reset(caller(cast.sari), cast.laras.user.id)
    await links.redeem(token, PASSWORD)
    assert await sessions.read(asking(session)) is None


async def test_an_owner_resets_their_own_team_only(cast: Cast) -> None:
    clerk = await make.user()
    await make.membership(clerk, cast.laras.org, "viewer")
    token = await links.reset(caller(cast.laras), clerk.id)
    assert (await links.look(token)).id == clerk.id
    with pytest.raises(NotFound):
        await links.reset(caller(cast.bukit), clerk.id)
    with pytest.raises(Forbidden, match="role_forbids"):
        await links.reset(caller(cast.laras, "manager"), clerk.id)
    # A link opens all of a person's organisations: another team's owner must not make it.
    await make.membership(clerk, cast.bukit.org, "owner")
    with pytest.raises(Forbidden, match="reset_by_operator"):
        await links.reset(caller(cast.laras), clerk.id)
    await User.filter(id=clerk.id).update(disabled_at=world.now())
    with pytest.raises(NotFound):
        await links.look(token)
    with pytest.raises(NotFound):
        await links.reset(caller(cast.sari), clerk.id)
