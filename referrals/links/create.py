"""Make a link: one per enrolment, product and label; asked for again, the one that is there."""

from tortoise.exceptions import IntegrityError

from campaigns.catalog import products
from campaigns.enrolments import queries as enrolments
from campaigns.enrolments.models import Enrolment
from campaigns.lifecycle import queries as campaigns
from jejaring import world
from jejaring.db.transact import transact
from jejaring.kit.errors import Conflict, Invalid, NotFound
from referrals.links.models import Link
from referrals.links.rules import CODE_LENGTH, MAX_LABEL

TRIES = 8


async def create(
    partner_id: str, enrolment_id: str, product_id: str | None = None, label: str = ""
) -> tuple[Link, bool]:
    """The partner's link, and whether it is new.

    NotFound for another's enrolment; Conflict `not_active_here`, `campaign_ended`; Invalid at
    `/product_id` for one that the campaign does not cover, at `/label` for one that is too long.
    """
    enrolment = await enrolments.get(partner_id, enrolment_id)
    if enrolment.partner_id != partner_id:
        raise NotFound
    if enrolment.state != "active":
        raise Conflict("not_active_here", state=enrolment.state)
    if campaigns.state_of(enrolment.campaign) == "ended":
        raise Conflict("campaign_ended")
    label = " ".join(label.split())
    if len(label) > MAX_LABEL:
        raise Invalid.at("/label", "label_too_long", max=MAX_LABEL)
    if product_id is not None:
        await _covered(enrolment, product_id)
    return await transact(lambda: store(enrolment, product_id, label))


async def _covered(enrolment: Enrolment, product_id: str) -> None:
    facts = await campaigns.facts([enrolment.campaign_id])
    known = await products.by_id(enrolment.merchant_id, [product_id])
    row = known.get(product_id)
    if row is None or row.archived_at is not None:
        raise Invalid.at("/product_id", "unknown_product", product_id=product_id)
    if not facts[enrolment.campaign_id].covers(product_id):
        raise Invalid.at("/product_id", "product_not_covered", product_id=product_id)


async def store(enrolment: Enrolment, product_id: str | None, label: str) -> tuple[Link, bool]:
    """The link in the caller's transaction. A code that is taken is drawn anew."""
    where = {"enrolment_id": enrolment.id, "product_key": product_id or "", "label": label}
    for _ in range(TRIES):
        known = await Link.get_or_none(**where)  # type: ignore[arg-type]  # mypy takes ** for using_db
        if known is not None:
            return known, False
        link = Link(
            id=world.new_id("lnk"),
            code=world.token(CODE_LENGTH),
            campaign_id=enrolment.campaign_id,
            merchant_id=enrolment.merchant_id,
            partner_id=enrolment.partner_id,
            product_id=product_id,
            created_at=world.now(),
            **where,
        )
        try:
            await transact(link.save)
        except IntegrityError:
            continue
        return link, True
    raise Conflict("no_free_code")
