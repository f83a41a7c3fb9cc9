"""Invitations: one-time codes to open a shop, become a partner, or join a team."""

from dataclasses import dataclass
from datetime import timedelta

from jejaring import world
from jejaring.db.listing import newest
from jejaring.db.transact import transact
from jejaring.identity.models import Invitation
from jejaring.identity.rules import ROLES, Caller, invitation_fault
from jejaring.identity.sealing import digest
from jejaring.kit.errors import Conflict, Forbidden, Invalid, NotFound
from jejaring.trail.write import note

LASTS = timedelta(days=14)
CODE_LENGTH = 20  # 116 bits
# Who may invite to what: the kind of invitation by the side of the inviter.
MAY_INVITE = {
    "operator": frozenset({"shop", "partner", "member"}),
    "merchant": frozenset({"partner", "member"}),
    "partner": frozenset({"member"}),
}


@dataclass(frozen=True)
class InvitationPage:
    """Invitations, newest first, and where the next page starts (None on the last)."""

    invitations: list[Invitation]
    next_cursor: str | None


async def create(
    caller: Caller,
    kind: str,
    *,
    role: str = "owner",
    campaign_id: str | None = None,
    memo: str = "",
) -> tuple[Invitation, str]:
    """An invitation (`shop`, `partner`, `member`) and its code, which is shown this once.

    For `member`, `role` is the role in the caller's team; a partner's may be for one campaign.
    Raises Forbidden `invitation_not_yours` or `role_forbids`, Invalid at `/role`.
    """
    if kind not in MAY_INVITE.get(caller.kind, frozenset()):
        raise Forbidden("invitation_not_yours")
    if not caller.may("members" if kind == "member" else "edit"):
        raise Forbidden("role_forbids")
    if role not in ROLES:
        raise Invalid.at("/role", "role_unknown")
    code, now = world.token(CODE_LENGTH), world.now()

    async def store() -> Invitation:
        made = await Invitation.create(
            id=world.new_id("inv"),
            code_hash=digest(code),
            kind=kind,
            organisation_id=caller.organisation_id,
            campaign_id=campaign_id,
            role=role,
            note=memo[:120],
            created_by=(caller.user_id or caller.actor)[:32],
            created_at=now,
            expires_at=now + LASTS,
        )
        org = caller.organisation_id
        await note("invitation.made", made.id, actor=caller.actor, organisation_id=org, kind=kind)
        return made

    return await transact(store), code


async def look(code: str, kind: str, by: str | None = None) -> Invitation:
    """The invitation of a code, not used up by looking. Invalid at `/invitation` with the reason.

    `by`: whoever used it already may look again.
    """
    found = await Invitation.get_or_none(code_hash=digest(code.strip()))
    if found is None:
        raise Invalid.at("/invitation", "invitation_unknown")
    fault = invitation_fault(found.kind, kind, found.expires_at <= world.now(), found.used_by, by)
    if fault is not None:
        raise Invalid.at("/invitation", fault)
    return found


async def redeem(code: str, kind: str, by: str) -> Invitation:
    """Use an invitation for `by` (the new organisation's or, for a team, the user's id), in the
    caller's transaction; the same `by` again changes nothing. Invalid at `/invitation`.
    """
    found = await look(code, kind, by)
    if found.used_by == by:
        return found
    unused = Invitation.filter(id=found.id, used_by=None, expires_at__gt=world.now())
    if not await unused.update(used_at=world.now(), used_by=by):
        raise Invalid.at("/invitation", "invitation_used")
    return found


async def admits(code: str, campaign_id: str, merchant_id: str, partner_id: str) -> Invitation:
    """Use a merchant's invitation to join one of its campaigns, in the caller's transaction.

    It must be of this merchant and of this campaign or of none in particular; the partner that
    signed up with it may show it again. Invalid at `/invitation`.
    """
    found = await look(code, "partner", partner_id)
    if found.organisation_id != merchant_id or found.campaign_id not in (None, campaign_id):
        raise Invalid.at("/invitation", "invitation_unknown")
    return await redeem(code, "partner", partner_id)


async def revoke(caller: Caller, invitation_id: str) -> None:
    """Take back an unused invitation of one's own organisation. NotFound, Conflict if used."""

    async def end() -> None:
        mine = Invitation.filter(id=invitation_id, organisation_id=caller.organisation_id)
        if not await mine.exists():
            raise NotFound
        if not await mine.filter(used_by=None).update(expires_at=world.now()):
            raise Conflict("invitation_used")
        org = caller.organisation_id
        await note("invitation.revoked", invitation_id, actor=caller.actor, organisation_id=org)

    await transact(end)


async def page(
    organisation_id: str, kind: str | None = None, limit: int = 50, cursor: str | None = None
) -> InvitationPage:
    """An organisation's invitations, newest first; codes are not among them."""
    wanted = Invitation.filter(organisation_id=organisation_id)
    if kind is not None:
        wanted = wanted.filter(kind=kind)
    return InvitationPage(*await newest(wanted, limit, cursor))
