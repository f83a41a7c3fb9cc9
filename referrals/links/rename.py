"""Give a coupon another code: the old one stops at once, which also helps when it has leaked."""

from dataclasses import dataclass
from itertools import islice

from tortoise.exceptions import IntegrityError

from campaigns.enrolments import queries as enrolments
from campaigns.enrolments.models import Enrolment
from jejaring import world
from jejaring.db.transact import transact
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Conflict, Invalid
from jejaring.kit.text import fold_code
from jejaring.trail.write import note
from referrals.links.models import Coupon
from referrals.links.rules import coupon_ideas, is_coupon

SUGGESTIONS = 3


@dataclass(frozen=True)
class _Wish:
    caller: Caller
    enrolment: Enrolment
    code: str


async def rename(caller: Caller, enrolment_id: str, wished: str) -> Coupon:
    """The enrolment's coupon under the wished code; the same code again changes nothing.

    Invalid at `/code` (3–24 letters, digits, inner hyphens); NotFound for an enrolment of others;
    Conflict `not_active_here`, `coupon_taken` with `suggestions` that are free.
    """
    code = fold_code(wished)
    if not is_coupon(code):
        raise Invalid.at("/code", "bad_coupon")
    enrolment = await enrolments.get(caller.organisation_id, enrolment_id)
    if enrolment.state != "active":
        raise Conflict("not_active_here", state=enrolment.state)
    wish = _Wish(caller, enrolment, code)
    try:
        return await transact(lambda: _rename(wish))
    except IntegrityError:
        ideas = await _free(enrolment.merchant_id, code)
        raise Conflict("coupon_taken", coupon=code, suggestions=ideas) from None


async def _rename(wish: _Wish) -> Coupon:
    """In a transaction of its own. IntegrityError where the code is another partner's."""
    mine = Coupon.filter(enrolment_id=wish.enrolment.id)
    now = world.now()
    known = await mine.filter(code=wish.code).first()
    if known is not None and known.disabled_at is None:
        return known
    await mine.filter(disabled_at=None).update(disabled_at=now)
    if known is not None:
        known.disabled_at = None
        await known.save(update_fields=["disabled_at"])
    else:
        known = await Coupon.create(
            id=world.new_id("cpn"),
            merchant_id=wish.enrolment.merchant_id,
            code=wish.code,
            enrolment_id=wish.enrolment.id,
            created_at=now,
        )
    await note(
        "coupon.renamed",
        known.id,
        actor=wish.caller.actor,
        organisation_id=wish.enrolment.merchant_id,
        code=wish.code,
    )
    return known


async def _free(merchant_id: str, code: str) -> list[str]:
    """Codes like the wished one that nobody has."""
    word = code.rstrip("0123456789-") or code
    ideas = list(islice((i for i in coupon_ideas(word, None) if i != code), 40))
    taken = {row.code for row in await Coupon.filter(merchant_id=merchant_id, code__in=ideas)}
    return [idea for idea in ideas if idea not in taken][:SUGGESTIONS]
