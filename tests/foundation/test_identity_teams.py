"""Teams, people, profiles: one's own only, always with an owner, all of it on the trail."""

import asyncio
from dataclasses import replace

import pytest

from jejaring.identity import keys, sessions
from jejaring.identity.models import Membership, Organisation, User
from jejaring.kit.errors import Conflict, Forbidden, Invalid, NotFound
from jejaring.members import invitations, organisations, people, teams
from jejaring.trail.models import AuditEntry
from tests import make
from tests.cast import Cast
from tests.foundation.test_identity_signin import asking
from tests.foundation.test_identity_signup import caller, codes


async def clerk(cast: Cast, role: str = "viewer") -> User:
    """Somebody else in Laras's team."""
    user = await make.user(name="Citra", phone="+6281200000001")
    await make.membership(user, cast.laras.org, role)
    return user


async def test_a_team_is_listed_oldest_first_and_only_ones_own(cast: Cast) -> None:
    user = await clerk(cast)
    team = await teams.members(cast.laras.id)
    assert [(m.user_id, m.role) for m in team] == [
        (cast.laras.user.id, "owner"),
        (user.id, "viewer"),
    ]
    assert [p.slug for p in await teams.places(cast.laras.user.id)] == ["batik-laras"]


async def test_only_an_owner_manages_the_team(cast: Cast) -> None:
    user = await clerk(cast)
    for role in ("manager", "finance", "viewer"):
        with pytest.raises(Forbidden):
            await teams.invite(caller(cast.laras, role), "viewer")
        with pytest.raises(Forbidden):
            await teams.change_role(caller(cast.laras, role), user.id, "owner")
        with pytest.raises(Forbidden):
            await teams.remove(caller(cast.laras, role), user.id)


async def test_the_rival_cannot_touch_a_member(cast: Cast) -> None:
    user = await clerk(cast)
    with pytest.raises(NotFound):
        await teams.change_role(caller(cast.bukit), user.id, "owner")
    with pytest.raises(NotFound):
        await teams.remove(caller(cast.bukit), user.id)


async def test_somebody_with_an_account_accepts_an_invitation_once(cast: Cast) -> None:
    _, code = await teams.invite(caller(cast.laras), "finance", "bendahara")
    joined = await teams.accept(cast.bukit.user.id, code)
    assert joined.id == cast.laras.id
    assert [p.role for p in await teams.places(cast.bukit.user.id)] == ["owner", "finance"]
    _, second = await teams.invite(caller(cast.laras), "owner")
    with pytest.raises(Conflict, match="already_member"):
        await teams.accept(cast.bukit.user.id, second)
    assert (await invitations.look(second, "member")).used_by is None
    with pytest.raises(Invalid):
        await teams.accept(cast.rina.user.id, code)


async def test_a_team_has_a_limit(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teams, "MAX_MEMBERS", 1)
    with pytest.raises(Conflict, match="team_full"):
        await teams.invite(caller(cast.laras), "viewer")


async def test_a_role_changes_and_the_trail_says_so(cast: Cast) -> None:
    user = await clerk(cast)
    await teams.change_role(caller(cast.laras), user.id, "manager")
    entry = await AuditEntry.get(action="member.role_changed")
    assert (entry.subject, entry.data) == (user.id, {"before": "viewer", "after": "manager"})
    with pytest.raises(Invalid):
        await teams.change_role(caller(cast.laras), user.id, "king")


async def test_the_last_owner_stays(cast: Cast) -> None:
    me = cast.laras.user.id
    with pytest.raises(Conflict, match="last_owner"):
        await teams.change_role(caller(cast.laras), me, "manager")
    with pytest.raises(Conflict, match="last_owner"):
        await teams.remove(caller(cast.laras), me)
    await teams.change_role(caller(cast.laras), me, "owner")


async def test_two_owners_cannot_leave_at_once(cast: Cast) -> None:
    user = await clerk(cast, "owner")
    both = [teams.remove(caller(cast.laras), who) for who in (user.id, cast.laras.user.id)]
    results = await asyncio.gather(*both, return_exceptions=True)
    assert sum(isinstance(r, Conflict) for r in results) == 1
    assert await Membership.filter(organisation_id=cast.laras.id, role="owner").count() == 1


async def test_who_is_removed_is_out_at_once_and_their_keys_are_named(cast: Cast) -> None:
    user = await clerk(cast, "manager")
    token = await sessions.open(user.id, cast.laras.id)
    made, _ = await keys.make(cast.laras.id, "merchant", "x", frozenset({"sales"}), user.id)
    left = await teams.remove(caller(cast.laras), user.id)
    assert [k.id for k in left] == [made.id]
    assert await sessions.read(asking(token)) is None


async def test_a_member_leaves_by_themselves(cast: Cast) -> None:
    user = await clerk(cast)
    leaving = replace(caller(cast.laras, "viewer"), user_id=user.id, actor=user.id)
    await teams.remove(leaving, user.id)
    assert len(await teams.members(cast.laras.id)) == 1


async def test_a_partner_is_recognised_by_all_its_members(cast: Cast) -> None:
    agent = await make.user(phone="+6281200000002", email="Ri.Na+toko@gmail.com".lower())
    await make.membership(agent, cast.rina.org, "manager")
    await Organisation.filter(id=cast.rina.id).update(phone="+6281200000003")
    found = await people.contacts(cast.rina.id)
    assert found.phones == {"+6281200000002", "+6281200000003"}
    assert found.emails == {"rina@example.com", "rina@gmail.com"}
    assert (await people.contacts("org_none")).phones == frozenset()


async def test_an_operator_locks_a_person_out_and_in(cast: Cast) -> None:
    token = await sessions.open(cast.laras.user.id)
    with pytest.raises(Forbidden):
        await people.disable(caller(cast.bukit), cast.laras.user.id)
    with pytest.raises(Forbidden):
        await people.disable(caller(cast.sari), cast.sari.user.id)
    with pytest.raises(NotFound):
        await people.disable(caller(cast.sari), "usr_none")
    await people.disable(caller(cast.sari), cast.laras.user.id)
    assert await sessions.read(asking(token)) is None
    assert (await people.get(cast.laras.user.id)).disabled_at is not None
    await people.disable(caller(cast.sari), cast.laras.user.id, disabled=False)
    assert (await people.get(cast.laras.user.id)).disabled_at is None


async def test_a_person_chooses_a_language(cast: Cast) -> None:
    await people.speak(cast.laras.user.id, "en")
    await people.speak(cast.laras.user.id, "xx")
    assert (await people.get(cast.laras.user.id)).language == "en"
    with pytest.raises(NotFound):
        await people.get("usr_none")


async def test_an_owner_changes_the_profile_and_the_trail_says_what(cast: Cast) -> None:
    now = organisations.profile(cast.laras.org)
    wished = replace(now, city=" Solo ", phone="0812 3456 7890", payout_limit=5_000_000)
    row = await organisations.change(caller(cast.laras), wished)
    assert (row.city, row.phone, row.payout_limit) == ("Solo", "+6281234567890", 5_000_000)
    entry = await AuditEntry.get(action="organisation.changed")
    assert entry.data["city"] == ["", "Solo"]
    await organisations.change(caller(cast.laras), organisations.profile(row))
    assert await AuditEntry.filter(action="organisation.changed").count() == 1


async def test_a_bad_profile_is_refused_with_every_field(cast: Cast) -> None:
    now = organisations.profile(cast.laras.org)
    bad = replace(
        now, name="a\nb", phone="1", zone="UTC", payout_minimum=-1, payout_limit=10**12 + 1
    )
    with pytest.raises(Invalid) as refused:
        await organisations.change(caller(cast.laras), bad)
    assert codes(refused.value) == {
        "/name": "name_unfit",
        "/phone": "phone_invalid",
        "/zone": "zone_unknown",
        "/payout_minimum": "amount_out_of_range",
        "/payout_limit": "amount_out_of_range",
    }
    with pytest.raises(Forbidden):
        await organisations.change(caller(cast.laras, "manager"), now)


async def test_organisations_are_found_and_paged(cast: Cast) -> None:
    assert (await organisations.find("batik-laras", "merchant")).id == cast.laras.id
    with pytest.raises(NotFound):
        await organisations.find("batik-laras", "partner")
    with pytest.raises(NotFound):
        await organisations.get("org_none")
    first = await organisations.page(limit=3)
    rest = await organisations.page(limit=3, cursor=first.next_cursor)
    assert len({o.id for o in first.organisations + rest.organisations}) == 5
    assert [o.slug for o in (await organisations.page("merchant", "KOPI")).organisations] == [
        "kopi-bukit"
    ]
    shop = await make.organisation("merchant", vouched_at=None)
    assert [o.id for o in (await organisations.page(unvouched=True)).organisations] == [shop.id]
    assert set(await organisations.named({shop.id, "org_none"})) == {shop.id}
    assert await organisations.named(set()) == {}
