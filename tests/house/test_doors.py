"""Doors that somebody tried by hand once: each stays shut."""

import stat
from pathlib import Path

import httpx2
import pytest

from campaigns.enrolments.models import Enrolment
from jejaring.db import backup
from jejaring.identity import keys, sessions
from jejaring.identity.models import ApiKey, Session
from jejaring.kit import paging
from jejaring.kit.errors import Invalid
from jejaring.payouts.rails import generic
from jejaring.settings import Settings
from jejaring.trail.models import AuditEntry
from jejaring.web import csrf, language, render
from tests import make
from tests.cast import Cast, Member, sign_in
from tests.house import estate


async def _as(http: httpx2.AsyncClient, member: Member, role: str) -> tuple[str, str]:
    """Sign in as a new person of the member's team; their form token and user id."""
    user = await make.user()
    await make.membership(user, member.org, role)
    token = await sessions.open(user.id)
    http.cookies.clear()
    http.cookies.set(sessions.cookie_name(), token)
    kept = await Session.get(token_hash=sessions.hash_of(token))
    return csrf.masked(kept.form_token), user.id


@pytest.mark.parametrize(
    ("path", "leads"),
    [
        ("/signin/", "/signin"),
        ("/p/batik-laras/?a=b", "/p/batik-laras?a=b"),
        ("//evil.example/", None),
        ("/%5cevil.example/", None),
        ("/v1/products/", None),
        ("/nothing/", None),
    ],
)
async def test_an_address_is_never_made_from_the_host_header(
    http: httpx2.AsyncClient, cast: Cast, path: str, leads: str | None
) -> None:
    reply = await http.get(f"http://jejaring.test{path}", headers={"Host": "evil.example"})
    assert reply.headers.get("location") == leads
    assert reply.status_code == (303 if leads else 404)


async def test_a_form_token_of_odd_letters_is_refused(http: httpx2.AsyncClient, cast: Cast) -> None:
    await sign_in(http, cast.rina)
    reply = await http.post("/partner/account/profile", data={"csrf": "é"})
    assert reply.status_code == 403


async def test_a_viewer_joins_nothing_through_the_public_page(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    campaign = await make.campaign(cast.laras.org)
    token, _ = await _as(http, cast.rina, "viewer")
    form = {"csrf": token, "role": campaign.audience[0]}
    reply = await http.post(f"/join/{campaign.id}", data=form)
    assert reply.status_code == 403
    assert await Enrolment.all().count() == 0


async def test_a_manager_ends_only_keys_of_their_own(http: httpx2.AsyncClient, cast: Cast) -> None:
    scopes = frozenset({"stats"})
    token, manager = await _as(http, cast.laras, "manager")
    owners, _ = await keys.make(cast.laras.id, "merchant", "o", scopes, cast.laras.user.id)
    own, _ = await keys.make(cast.laras.id, "merchant", "m", scopes, manager)
    statuses = []
    for key in (owners, own):
        path = f"/merchant/settings/keys/{key.id}/revoke"
        statuses.append((await http.post(path, data={"csrf": token})).status_code)
    assert statuses == [403, 303]
    assert (await ApiKey.get(id=owners.id)).revoked_at is None


async def test_who_moved_and_refunded_an_order_by_hand_is_on_the_trail(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    owned = await estate.build(http, cast)
    (sale_id,) = [one for one in sorted(owned.ids) if one.startswith("sal_")][:1]
    token = await sign_in(http, cast.laras)
    path = f"/merchant/sales/{sale_id}"
    refund = {"csrf": token, "reason": "rusak", "amount": "1000", "refund_id": "R1"}
    assert (await http.post(f"{path}/refund", data=refund)).status_code == 303
    assert (await http.post(f"{path}/refund", data=refund | {"amount": "2000"})).status_code == 409
    moved = {"csrf": token, "state": "returned"}
    assert (await http.post(f"{path}/state", data=moved)).status_code == 303
    lines = await AuditEntry.filter(subject=sale_id).order_by("at")
    assert [(line.action, line.actor) for line in lines] == [
        ("sale.refunded", cast.laras.user.id),
        ("sale.moved", cast.laras.user.id),
    ]


@pytest.mark.parametrize("cell", ["=1+1", "+62", "-1", "@x", "\t=1", " =1", "＝1", "a;=1", "a\n=1"])
def test_no_cell_begins_a_formula(cell: str) -> None:
    safe = generic.safe(cell)
    assert safe != cell
    assert all(not part.strip().startswith(("=", "+", "-", "@")) for part in safe.split(";"))


@pytest.mark.parametrize("text", ["W1" * 200, "W1sx", "\0", "²"])
def test_a_cursor_that_is_too_long_or_foreign_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        paging.decode(text)


def test_over_https_the_language_cookie_is_locked_to_the_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    safe = Settings(base_url="https://jejaring.id")
    for module in (language, render):
        monkeypatch.setattr(module, "settings", lambda: safe)
    assert language.cookie_name() == "__Host-jj_bahasa"


async def test_a_fault_is_logged_without_the_secret_in_its_address(
    http: httpx2.AsyncClient,
    db: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("jejaring.members.links.digest", lambda _: 1 / 0)
    reply = await http.get("/reset/verysecret")
    assert reply.status_code == 500
    assert "verysecret" not in caplog.text
    assert "GET /reset/{token}" in caplog.text


def test_a_backup_is_for_its_owner_only_and_restored_from_the_very_file(tmp_path: Path) -> None:
    chosen = Settings(database_url=f"sqlite:///{tmp_path}/data/a.db", secret_key="x" * 20)
    chosen.sqlite_path.parent.mkdir()
    chosen.sqlite_path.touch()
    odd = tmp_path / "a?mode=rwc#b%20.bak"
    backup.backup(chosen, odd)
    assert stat.S_IMODE(odd.stat().st_mode) == 0o600
    chosen.sqlite_path.unlink()
    backup.restore(chosen, odd)
    assert stat.S_IMODE(chosen.sqlite_path.stat().st_mode) == 0o600
    assert sorted(p.name for p in tmp_path.iterdir()) == [odd.name, "data"]


def test_a_wrong_setting_is_named_without_its_value() -> None:
    with pytest.raises(ValueError, match="DATABASE_URL") as caught:
        Settings(database_url="mysql://jejaring:geheim@db/jejaring")
    assert "geheim" not in str(caught.value)
