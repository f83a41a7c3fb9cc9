"""Signing up: shops by invitation, partners by invitation or from a join page, teams."""

import asyncio
from datetime import timedelta

import pytest

from jejaring import world
from jejaring.identity.models import Invitation, Membership, Organisation, User
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from jejaring.members import invitations, signup
from jejaring.settings import settings
from jejaring.trail import consent
from jejaring.trail.models import AuditEntry
from tests.cast import Cast, Member

ANI = signup.Person("Ani Lestari", "Ani@Example.com", "0812-3456-7890", "rahasia-sekali")
SHOP = signup.NewOrganisation("Kopi Ani!", city="Bandung")


def caller(member: Member, role: str = "owner") -> Caller:
    """The member, signed in."""
    org = member.org
    return Caller(
        organisation_id=org.id,
        kind=org.kind,
        slug=org.slug,
        name=org.name,
        zone=org.zone,
        actor=member.user.id,
        role=role,
        user_id=member.user.id,
    )


def codes(refusal: Invalid) -> dict[str, str]:
    """The bad fields of a refusal."""
    return {f.pointer: f.code for f in refusal.fields}


def open_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """JEJARING_SIGNUP=open."""
    changed = settings().model_copy(update={"signup": "open"})
    monkeypatch.setattr(signup, "settings", lambda: changed)


async def test_a_shop_without_an_invitation_is_refused(db: None) -> None:
    with pytest.raises(Invalid) as refused:
        await signup.open_shop(ANI, SHOP, None)
    assert codes(refused.value) == {"/invitation": "invitation_needed"}
    assert await User.all().count() == 0


async def test_an_invited_shop_is_vouched_for_and_its_owner_consented(cast: Cast) -> None:
    made, code = await invitations.create(caller(cast.sari), "shop")
    user, shop = await signup.open_shop(ANI, SHOP, code)
    assert (user.email, user.phone) == ("ani@example.com", "+6281234567890")
    assert (shop.kind, shop.slug, shop.vouched_by) == ("merchant", "kopi-ani", cast.sari.user.id)
    assert (await Membership.get(user_id=user.id)).role == "owner"
    assert await consent.missing(user.id) == []
    assert (await Invitation.get(id=made.id)).used_by == shop.id
    assert await AuditEntry.filter(action="shop.opened", organisation_id=shop.id).count() == 1


async def test_an_open_installation_takes_a_shop_but_does_not_vouch_for_it(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_to_all(monkeypatch)
    _, shop = await signup.open_shop(ANI, SHOP)
    assert shop.vouched_at is None


async def test_every_bad_field_is_said_at_once(db: None) -> None:
    person = signup.Person(" ", "ani@", "12", "short")
    shop = signup.NewOrganisation("", city="x" * 81, about="y" * 501, phone="1", zone="Mars")
    with pytest.raises(Invalid) as refused:
        await signup.open_shop(person, shop, "nonsense")
    assert codes(refused.value) == {
        "/name": "name_needed",
        "/email": "email_invalid",
        "/phone": "phone_invalid",
        "/password": "password_short",
        "/shop/name": "shop_name_needed",
        "/shop/city": "text_long",
        "/shop/about": "text_long",
        "/shop/phone": "phone_invalid",
        "/shop/zone": "zone_unknown",
        "/invitation": "invitation_unknown",
    }


async def test_somebody_without_email_and_phone_is_told_to_give_one(db: None) -> None:
    nobody = signup.Person("Ani", None, "", "p" * 201)
    with pytest.raises(Invalid) as refused:
        await signup.become_partner(nobody, from_join_page=True)
    assert codes(refused.value) == {"/phone": "contact_needed", "/password": "password_long"}


async def test_an_email_or_phone_in_use_is_said_at_its_field(db: None) -> None:
    await signup.become_partner(ANI, from_join_page=True)
    with pytest.raises(Invalid) as refused:
        await signup.become_partner(ANI, from_join_page=True)
    assert codes(refused.value) == {"/email": "email_taken", "/phone": "phone_taken"}


async def test_two_of_the_same_name_get_different_handles(db: None) -> None:
    _, first = await signup.become_partner(ANI, from_join_page=True)
    twin = signup.Person("Ani Lestari", "ani2@example.com", None, "rahasia-sekali")
    _, second = await signup.become_partner(twin, from_join_page=True)
    assert (first.slug, second.slug) == ("ani-lestari", "ani-lestari-2")


async def test_a_wished_handle_that_is_taken_comes_with_a_suggestion(cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        await signup.become_partner(ANI, "Rina", from_join_page=True)
    [bad] = refused.value.fields
    assert (bad.pointer, bad.code, bad.values["suggestion"]) == (
        "/handle",
        "handle_taken",
        "rina-2",
    )


@pytest.mark.parametrize("handle", ["!!", "a"])
async def test_a_handle_of_under_three_letters_is_refused(db: None, handle: str) -> None:
    with pytest.raises(Invalid) as refused:
        await signup.become_partner(ANI, handle, from_join_page=True)
    assert codes(refused.value) == {"/handle": "handle_short"}


async def test_a_name_without_latin_letters_still_gets_a_handle(db: None) -> None:
    person = signup.Person("山田", "y@example.com", None, "rahasia-sekali")
    _, partner = await signup.become_partner(person, from_join_page=True)
    assert partner.slug == "mitra"


async def test_a_partner_needs_an_invitation_or_a_join_page(cast: Cast) -> None:
    with pytest.raises(Invalid):
        await signup.become_partner(ANI)
    _, code = await invitations.create(caller(cast.laras), "partner", campaign_id="cmp_1")
    _, partner = await signup.become_partner(ANI, invitation=code)
    used = await invitations.admits(code, "cmp_1", cast.laras.id, partner.id)
    assert used.used_by == partner.id


@pytest.mark.parametrize("where", [("cmp_2", "laras", "rina"), ("cmp_1", "bukit", "rina")])
async def test_an_invitation_admits_to_its_own_campaign_only(
    cast: Cast, where: tuple[str, str, str]
) -> None:
    _, code = await invitations.create(caller(cast.laras), "partner", campaign_id="cmp_1")
    campaign, merchant, partner = where
    with pytest.raises(Invalid):
        await invitations.admits(
            code, campaign, getattr(cast, merchant).id, getattr(cast, partner).id
        )


async def test_an_invitation_is_used_once_also_when_two_race(cast: Cast) -> None:
    _, code = await invitations.create(caller(cast.sari), "shop")
    rival = signup.Person("Budi", "budi@example.com", None, "rahasia-sekali")
    results = await asyncio.gather(
        signup.open_shop(ANI, SHOP, code),
        signup.open_shop(rival, signup.NewOrganisation("Toko Budi"), code),
        return_exceptions=True,
    )
    refused = [r for r in results if isinstance(r, Invalid)]
    assert len(refused) == 1
    assert codes(refused[0]) == {"/invitation": "invitation_used"}
    assert await Organisation.filter(kind="merchant").count() == 3


async def test_two_with_the_same_email_at_once_make_one_account(db: None) -> None:
    twice = [signup.become_partner(ANI, from_join_page=True) for _ in range(2)]
    results = await asyncio.gather(*twice, return_exceptions=True)
    assert sum(isinstance(r, Invalid | Conflict) for r in results) == 1
    assert await User.all().count() == await Organisation.all().count() == 1


async def test_old_revoked_and_other_invitations_are_refused_with_the_reason(cast: Cast) -> None:
    sari = caller(cast.sari)
    _, old = await invitations.create(sari, "shop")
    revoked, taken_back = await invitations.create(sari, "shop")
    _, other = await invitations.create(sari, "partner")
    await invitations.revoke(sari, revoked.id)
    for code, kind in ((taken_back, "invitation_expired"), (other, "invitation_other_kind")):
        with pytest.raises(Invalid) as refused:
            await signup.open_shop(ANI, SHOP, code)
        assert codes(refused.value) == {"/invitation": kind}
    with world.at(world.now() + timedelta(days=15)), pytest.raises(Invalid) as refused:
        await signup.open_shop(ANI, SHOP, old)
    assert codes(refused.value) == {"/invitation": "invitation_expired"}


async def test_the_rival_neither_sees_nor_revokes_an_invitation(cast: Cast) -> None:
    made, code = await invitations.create(caller(cast.laras), "partner", memo="pelanggan tetap")
    with pytest.raises(NotFound):
        await invitations.revoke(caller(cast.bukit), made.id)
    assert (await invitations.page(cast.bukit.id)).invitations == []
    assert [i.id for i in (await invitations.page(cast.laras.id, "partner")).invitations] == [
        made.id
    ]
    await signup.become_partner(ANI, invitation=code)
    with pytest.raises(Conflict):
        await invitations.revoke(caller(cast.laras), made.id)


async def test_invitations_are_paged(cast: Cast) -> None:
    for _ in range(3):
        await invitations.create(caller(cast.laras), "partner")
    first = await invitations.page(cast.laras.id, limit=2)
    rest = await invitations.page(cast.laras.id, limit=2, cursor=first.next_cursor)
    assert len({i.id for i in first.invitations + rest.invitations}) == 3
    assert rest.next_cursor is None


@pytest.mark.parametrize(
    ("who", "role", "kind"),
    [
        ("laras", "owner", "shop"),
        ("rina", "owner", "partner"),
        ("laras", "viewer", "partner"),
        ("laras", "manager", "member"),
    ],
)
async def test_who_may_not_invite_is_refused(cast: Cast, who: str, role: str, kind: str) -> None:
    with pytest.raises(Forbidden):
        await invitations.create(caller(getattr(cast, who), role), kind)


async def test_a_person_joins_a_team_with_the_role_of_the_invitation(cast: Cast) -> None:
    _, code = await invitations.create(caller(cast.laras), "member", role="finance")
    user, org = await signup.join_team(ANI, code)
    assert org.id == cast.laras.id
    assert (await Membership.get(user_id=user.id)).role == "finance"
    with pytest.raises(Invalid):
        await signup.join_team(signup.Person("B", "b@example.com", None, "rahasia-sekali"), code)


async def test_an_unknown_role_is_refused(cast: Cast) -> None:
    with pytest.raises(Invalid):
        await invitations.create(caller(cast.laras), "member", role="king")


async def test_the_eleventh_sign_up_of_an_address_is_too_many(db: None) -> None:
    for _ in range(10):
        await signup.admit("192.0.2.1")
    with pytest.raises(TooMany):
        await signup.admit("192.0.2.1")
    await signup.admit("192.0.2.2")


async def test_a_handle_taken_in_between_is_a_conflict_not_a_fault(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signup, "free_slug", lambda *_: "rina")
    with pytest.raises(Conflict, match="handle_raced"):
        await signup.become_partner(ANI, from_join_page=True)
    assert await User.filter(email="ani@example.com").count() == 0
