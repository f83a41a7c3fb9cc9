"""What is wrong with the fields of a campaign, all of it at once."""

from collections.abc import Sequence
from datetime import datetime

from campaigns.catalog import products
from campaigns.lifecycle.rules import dates_fault
from campaigns.terms.issue import named_products
from campaigns.terms.shapes import TermsIn
from jejaring import world
from jejaring.kit.errors import BadField, Invalid


async def check(
    merchant_id: str,
    *,
    product_ids: Sequence[str] = (),
    terms: TermsIn | None = None,
    dates: tuple[datetime | None, datetime | None] = (None, None),
    terms_at: str = "/terms",
) -> None:
    """Raise Invalid with every bad field: another's or an archived product, a last instant before
    the first or in the past.
    """
    named = {f"/product_ids/{i}": pid for i, pid in enumerate(product_ids)}
    if terms is not None:
        named |= {terms_at + place: pid for place, pid in named_products(terms).items()}
    own = await products.by_id(merchant_id, set(named.values())) if named else {}
    bad = [
        BadField(p, "unknown_product", {"id": pid}) for p, pid in named.items() if pid not in own
    ]
    fault = dates_fault(*dates, world.now())
    if fault is not None:
        bad.append(BadField("/ends_at", fault))
    if bad:
        raise Invalid(fields=bad)
