"""Creator names: what a marketplace calls a partner, as the merchant has matched it."""

from collections.abc import Mapping
from dataclasses import dataclass

from tortoise.exceptions import IntegrityError

from campaigns.enrolments.models import Enrolment
from jejaring import world
from jejaring.db.listing import newest
from jejaring.db.transact import transact
from jejaring.identity.models import Organisation
from jejaring.kit.errors import BadField, Invalid, NotFound
from jejaring.trail.write import note
from referrals.attribution.models import CreatorName
from referrals.attribution.rules import fold_creator
from referrals.orders.rules import MARKETPLACES


@dataclass(frozen=True)
class Match:
    """What the merchant says: this marketplace's name is this partner (by handle); `actor` who."""

    source: str
    name: str
    partner: str
    actor: str


async def match(merchant_id: str, wanted: Match) -> tuple[CreatorName, bool]:
    """Match a name to a partner who is in one of the merchant's campaigns; and whether the name is
    new. A known name is moved to that partner; sales before stay as they are. Invalid.
    """
    name = fold_creator(wanted.name)
    partner = await _partner(merchant_id, wanted.partner)
    bad = []
    if wanted.source not in MARKETPLACES:
        bad.append(BadField("/source", "unknown_source", {"sources": list(MARKETPLACES)}))
    if not name:
        bad.append(BadField("/name", "field.missing"))
    if partner is None:
        bad.append(BadField("/partner", "unknown_partner"))
    if bad or partner is None:
        raise Invalid(fields=bad)
    place = {"merchant_id": merchant_id, "source": wanted.source, "name": name}
    try:
        return await transact(lambda: _match(place, partner.id, wanted.actor))
    except IntegrityError:  # another process was first with this name; now it is known
        return await transact(lambda: _match(place, partner.id, wanted.actor))


async def _match(place: Mapping[str, str], partner_id: str, actor: str) -> tuple[CreatorName, bool]:
    known = await CreatorName.filter(**place).select_for_update().first()
    if known is not None and known.partner_id == partner_id:
        return known, False
    is_new = known is None
    row = known or CreatorName(
        id=world.new_id("crn"), **place, created_by=actor, created_at=world.now()
    )
    before, row.partner_id = None if is_new else row.partner_id, partner_id
    await row.save(force_create=is_new, update_fields=None if is_new else ["partner_id"])
    told = {"source": row.source, "name": row.name, "partner_id": partner_id, "before": before}
    await note("creator.matched", row.id, actor=actor, organisation_id=row.merchant_id, **told)
    return row, is_new


async def _partner(merchant_id: str, handle: str) -> Organisation | None:
    found = await Organisation.get_or_none(slug=handle.strip().lower()[:60], kind="partner")
    if found is None:
        return None
    joined = await Enrolment.filter(merchant_id=merchant_id, partner_id=found.id).exists()
    return found if joined else None


async def forget(merchant_id: str, name_id: str, actor: str) -> None:
    """Take a match back: sales from now on are not credited by it. NotFound."""

    async def work() -> None:
        row = await CreatorName.filter(id=name_id, merchant_id=merchant_id).first()
        if row is None:
            raise NotFound
        await row.delete()
        told = {"source": row.source, "name": row.name, "partner_id": row.partner_id}
        await note("creator.forgotten", row.id, actor=actor, organisation_id=merchant_id, **told)

    await transact(work)


async def page(
    merchant_id: str, limit: int, cursor: str | None = None
) -> tuple[list[tuple[CreatorName, str]], str | None]:
    """The merchant's names with the partners' handles, newest first."""
    rows, following = await newest(CreatorName.filter(merchant_id=merchant_id), limit, cursor)
    ids = list({row.partner_id for row in rows})
    handles = dict(await Organisation.filter(id__in=ids).values_list("id", "slug"))
    return [(row, handles[row.partner_id]) for row in rows], following


async def handle_of(row: CreatorName) -> str:
    """The handle of the partner whom the name means."""
    partner = await Organisation.get(id=row.partner_id)
    return str(partner.slug)
