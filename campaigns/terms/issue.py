"""Issue a version of the terms: checked, numbered, never changed again."""

from datetime import datetime

from campaigns.terms.models import TermsVersion
from campaigns.terms.shapes import DEFAULTS, TermsIn, TermsOut, normal
from campaigns.terms.versions import latest
from jejaring import world
from jejaring.kit.errors import Invalid


def named_products(terms: TermsIn) -> dict[str, str]:
    """The products that the conditions name, by pointer: they must be the merchant's own, which
    the caller checks, for the catalogue is a room beside this one.
    """
    priced = {
        f"/selling_prices/{i}/product_id": price.product_id
        for i, price in enumerate(terms.selling_prices or ())
    }
    return priced | {
        f"/rules/{i}/when/product_id/{j}": product_id
        for i, rule in enumerate(terms.rules)
        for j, product_id in enumerate((rule.when.product_id if rule.when else None) or [])
    }


async def issue(
    campaign_id: str, body: TermsIn, actor: str, effective_at: datetime | None = None
) -> TermsVersion:
    """The campaign's next version, in force from `effective_at` (None: now), in the caller's
    transaction, which holds the campaign's row. Invalid for an instant in the past.
    """
    now = world.now()
    if effective_at is not None and effective_at < now:
        raise Invalid.at("/effective_at", "in_the_past", now=now)
    last = await latest(campaign_id)
    return await TermsVersion.create(
        id=world.new_id("trm"),
        campaign_id=campaign_id,
        number=1 if last is None else last.number + 1,
        body=normal(body),
        effective_at=effective_at or now,
        created_at=now,
        created_by=actor,
    )


def shown(version: TermsVersion) -> TermsOut:
    """A stored version as it is shown."""
    own = {
        "number": version.number,
        "effective_at": version.effective_at,
        "created_at": version.created_at,
    }
    return TermsOut.model_validate(DEFAULTS | own | version.body, strict=False)
