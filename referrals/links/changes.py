"""Tell every process that links changed in a way that no event speaks of."""

from typing import Literal

from jejaring import world
from referrals.links.models import Link, LinkChange

Scope = Literal["campaign", "enrolment", "link", "merchant", "partner", "product"]


async def tell(scope: Scope, subject: str) -> None:
    """In the caller's transaction: within some seconds no process answers from what it remembers
    of this campaign, enrolment, link, shop, partner or product (a ban, for example).
    """
    await LinkChange.create(scope=scope, subject=subject, at=world.now())


async def disable(link_id: str) -> None:
    """Stop one link, in the caller's transaction: it leads to the product page from now on."""
    await Link.filter(id=link_id, disabled_at=None).update(disabled_at=world.now())
    await tell("link", link_id)
