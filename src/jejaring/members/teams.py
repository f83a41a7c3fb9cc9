"""Teams: who is in an organisation with which role; there is always an owner."""

from dataclasses import dataclass
from datetime import datetime

from tortoise.exceptions import IntegrityError

from jejaring import world
from jejaring.db.transact import transact
from jejaring.identity.models import ApiKey, Invitation, Membership, Organisation, Session
from jejaring.identity.rules import ROLES, Caller
from jejaring.kit.errors import Conflict, Forbidden, Invalid, NotFound
from jejaring.members import invitations
from jejaring.trail.write import note

MAX_MEMBERS = 100


@dataclass(frozen=True)
class Member:
    """One person of a team."""

    user_id: str
    name: str
    email: str | None
    phone: str | None
    role: str
    since: datetime
    is_disabled: bool


@dataclass(frozen=True)
class Place:
    """An organisation that a person may act for."""

    organisation_id: str
    kind: str
    slug: str
    name: str
    role: str


async def members(organisation_id: str) -> list[Member]:
    """The team, oldest member first (100 at most, so it is one page)."""
    team = Membership.filter(organisation_id=organisation_id).select_related("user")
    rows = await team.order_by("created_at", "id").limit(MAX_MEMBERS)
    return [
        Member(
            m.user_id,
            m.user.name,
            m.user.email,
            m.user.phone,
            m.role,
            m.created_at,
            m.user.disabled_at is not None,
        )
        for m in rows
    ]


async def places(user_id: str) -> list[Place]:
    """The organisations that a person may switch among, oldest first."""
    mine = Membership.filter(user_id=user_id, organisation__suspended_at=None)
    rows = await mine.select_related("organisation").order_by("created_at", "id").limit(MAX_MEMBERS)
    orgs: list[tuple[Organisation, str]] = [(m.organisation, m.role) for m in rows]
    return [Place(org.id, org.kind, org.slug, org.name, role) for org, role in orgs]


async def invite(caller: Caller, role: str, memo: str = "") -> tuple[Invitation, str]:
    """A code that lets one person into the caller's team, shown once. Forbidden, Invalid at
    `/role`, Conflict `team_full`.
    """
    _must_manage(caller)
    if await Membership.filter(organisation_id=caller.organisation_id).count() >= MAX_MEMBERS:
        raise Conflict("team_full", max=MAX_MEMBERS)
    return await invitations.create(caller, "member", role=role, memo=memo)


async def accept(user_id: str, invitation: str) -> Organisation:
    """Somebody who has an account joins a team with an invitation. Invalid at `/invitation`,
    Conflict `already_member`.
    """

    async def store() -> Organisation:
        used = await invitations.redeem(invitation, "member", user_id)
        organisation = await Organisation.get(id=used.organisation_id)
        await Membership.create(
            id=world.new_id("mem"),
            user_id=user_id,
            organisation=organisation,
            role=used.role,
            created_at=world.now(),
        )
        org = organisation.id
        await note("member.joined", org, actor=user_id, organisation_id=org, role=used.role)
        return organisation

    try:
        return await transact(store)
    except IntegrityError as exc:
        raise Conflict("already_member") from exc


async def change_role(caller: Caller, user_id: str, role: str) -> None:
    """Give a member another role. NotFound, Invalid at `/role`, Conflict `last_owner`."""
    _must_manage(caller)
    if role not in ROLES:
        raise Invalid.at("/role", "role_unknown")

    async def store() -> None:
        before = await _locked(caller.organisation_id, user_id, stays_owner=role == "owner")
        await Membership.filter(id=before.id).update(role=role)
        await _noted(caller, "member.role_changed", user_id, before=before.role, after=role)

    await transact(store)


async def remove(caller: Caller, user_id: str) -> list[ApiKey]:
    """Take a member out; their sessions turn to their other organisations at once.

    Keys belong to the organisation and go on working: the live ones that this person made are
    returned, so that the owner can revoke those. NotFound, Conflict `last_owner`.
    """
    if user_id != caller.user_id:
        _must_manage(caller)

    async def store() -> None:
        gone = await _locked(caller.organisation_id, user_id, stays_owner=False)
        await Membership.filter(id=gone.id).delete()
        here = Session.filter(user_id=user_id, organisation_id=caller.organisation_id)
        await here.update(organisation_id=None)
        await _noted(caller, "member.removed", user_id, before=gone.role)

    await transact(store)
    made = ApiKey.filter(
        organisation_id=caller.organisation_id, created_by=user_id, revoked_at=None
    )
    return await made.order_by("-created_at").limit(200)


async def _locked(organisation_id: str, user_id: str, *, stays_owner: bool) -> Membership:
    """The member's row, with the team's owners locked: two owners can't leave at once."""
    team = Membership.filter(organisation_id=organisation_id)
    owners = await team.filter(role="owner").select_for_update().order_by("id")
    found = await team.select_for_update().get_or_none(user_id=user_id)
    if found is None:
        raise NotFound
    if found.role == "owner" and not stays_owner and len(owners) < 2:
        raise Conflict("last_owner")
    return found


def _must_manage(caller: Caller) -> None:
    if not caller.may("members"):
        raise Forbidden("role_forbids")


async def _noted(caller: Caller, action: str, user_id: str, **data: str) -> None:
    org = caller.organisation_id
    await note(action, user_id, actor=caller.actor, organisation_id=org, **data)
