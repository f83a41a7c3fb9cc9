"""Organisations: their own profile, and what an operator decides about them."""

from dataclasses import asdict, dataclass

from tortoise.expressions import Q

from jejaring import world
from jejaring.db.transact import transact
from jejaring.identity import keys
from jejaring.identity.models import Organisation
from jejaring.identity.rules import Caller, Profile, tidy_profile
from jejaring.kit import paging
from jejaring.kit.errors import Conflict, Forbidden, Invalid, NotFound
from jejaring.trail.write import note


@dataclass(frozen=True)
class OrganisationPage:
    """Organisations, newest first, and where the next page starts (None on the last)."""

    organisations: list[Organisation]
    next_cursor: str | None


async def get(organisation_id: str) -> Organisation:
    """An organisation by id. NotFound."""
    found = await Organisation.get_or_none(id=organisation_id)
    if found is None:
        raise NotFound
    return found


async def find(slug: str, kind: str) -> Organisation:
    """An organisation by slug that is open to the public: NotFound where it is suspended."""
    found = await Organisation.get_or_none(slug=slug, kind=kind, suspended_at=None)
    if found is None:
        raise NotFound
    return found


async def named(organisation_ids: set[str]) -> dict[str, Organisation]:
    """Several organisations by id, in one query; unknown ids are absent."""
    if not organisation_ids:
        return {}
    return {o.id: o for o in await Organisation.filter(id__in=sorted(organisation_ids))}


def profile(organisation: Organisation) -> Profile:
    """What its owner may change, as it stands."""
    return Profile(
        name=organisation.name,
        city=organisation.city,
        about=organisation.about,
        phone=organisation.phone,
        zone=organisation.zone,
        payout_minimum=organisation.payout_minimum,
        payout_limit=organisation.payout_limit,
    )


async def change(caller: Caller, wished: Profile) -> Organisation:
    """Replace one's own profile (owners only); what changed is audited. Forbidden, Invalid with
    every bad field.
    """
    if not caller.may("settings"):
        raise Forbidden("role_forbids")
    tidy, bad = tidy_profile(wished)
    if bad:
        raise Invalid(fields=bad)

    async def store() -> Organisation:
        row = await Organisation.select_for_update().get(id=caller.organisation_id)
        before, after = asdict(profile(row)), asdict(tidy)
        changed = {k: [before[k], after[k]] for k in after if before[k] != after[k]}
        if changed:
            await Organisation.filter(id=row.id).update(**after)
            org = caller.organisation_id
            await note(
                "organisation.changed", org, actor=caller.actor, organisation_id=org, **changed
            )
        return await Organisation.get(id=row.id)

    return await transact(store)


async def vouch(caller: Caller, organisation_id: str) -> None:
    """An operator stands up for a shop that signed up by itself: it may launch. Again: nothing."""
    now = world.now()
    await _decide(
        caller,
        organisation_id,
        "organisation.vouched",
        {"vouched_at": now, "vouched_by": caller.user_id},
        Q(vouched_at=None),
    )


async def suspend(caller: Caller, organisation_id: str) -> None:
    """An operator stops an organisation: its people and keys are out within a second; what it owes
    and is owed stays.
    """
    if organisation_id == caller.organisation_id:
        raise Conflict("not_oneself")
    now = world.now()
    await _decide(
        caller,
        organisation_id,
        "organisation.suspended",
        {"suspended_at": now},
        Q(suspended_at=None),
    )
    keys.forget()


async def unsuspend(caller: Caller, organisation_id: str) -> None:
    """The suspension ends."""
    await _decide(
        caller,
        organisation_id,
        "organisation.unsuspended",
        {"suspended_at": None},
        Q(suspended_at__isnull=False),
    )
    keys.forget()


async def _decide(
    caller: Caller, organisation_id: str, action: str, values: dict[str, object], when: Q
) -> None:
    """One audited change by an operator; nothing (and no audit) where `when` does not hold."""
    if caller.kind != "operator" or not caller.may("edit"):
        raise Forbidden("role_forbids")

    async def store() -> None:
        target = Organisation.filter(id=organisation_id)
        if not await target.exists():
            raise NotFound
        if await target.filter(when).update(**values):
            await note(action, organisation_id, actor=caller.actor, organisation_id=organisation_id)

    await transact(store)


async def page(
    kind: str | None = None,
    words: str = "",
    *,
    unvouched: bool = False,
    limit: int = 50,
    cursor: str | None = None,
) -> OrganisationPage:
    """All organisations for the operator, newest first; `words` of the name or the slug."""
    wanted = Organisation.all()
    if kind is not None:
        wanted = wanted.filter(kind=kind)
    if words:
        wanted = wanted.filter(Q(name__icontains=words) | Q(slug__icontains=words))
    if unvouched:
        wanted = wanted.filter(kind="merchant", vouched_at=None)
    if cursor is not None:
        last = paging.decode(cursor)
        wanted = wanted.filter(Q(created_at__lt=last.at) | Q(created_at=last.at, id__lt=last.id))
    found = await wanted.order_by("-created_at", "-id").limit(limit + 1)
    rows, more = paging.cut(found, limit)
    tail = paging.encode(paging.Cursor(rows[-1].created_at, rows[-1].id)) if more else None
    return OrganisationPage(rows, tail)
