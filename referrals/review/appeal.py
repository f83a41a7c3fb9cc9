"""A partner's word against a hold or a rejection, and the merchant's answer."""

from collections.abc import Iterable

from jejaring import world
from jejaring.db.transact import transact
from jejaring.hooks.publish import publish
from jejaring.kit.errors import Conflict, Invalid, NotFound
from jejaring.trail.write import note
from referrals.commissions.models import Commission
from referrals.review import decide, rules
from referrals.review.around import opened
from referrals.review.models import Appeal


async def file(partner_id: str, commission_id: str, text: str, actor: str) -> Appeal:
    """Appeal, within 30 days, once for each decision. NotFound; Conflict where there is nothing to
    appeal, it is too late, or one is open or answered already.
    """

    async def work() -> Appeal:
        mine = Commission.filter(id=commission_id, partner_id=partner_id)
        row = await mine.select_for_update().first()
        if row is None:
            raise NotFound
        before = await Appeal.filter(commission_id=row.id).order_by("number")
        _refuse(row, before)
        made = await Appeal.create(
            id=world.new_id("apl"),
            commission_id=row.id,
            merchant_id=row.merchant_id,
            partner_id=partner_id,
            number=len(before) + 1,
            against=row.state,
            text=text,
            state="open",
            opened_at=world.now(),
        )
        await _tell("appeal.opened", made)
        await note("appeal.opened", row.id, actor=actor, organisation_id=partner_id)
        return made

    return await transact(work)


def _refuse(row: Commission, before: list[Appeal]) -> None:
    if not rules.appealable(row.state, row.reason_code):
        raise Conflict("nothing_to_appeal")
    until = rules.appeal_until(row.decided_at, row.created_at)
    if world.now() > until:
        raise Conflict("appeal_too_late", at=until)
    since = row.decided_at or row.created_at
    if any(one.state == "open" for one in before):
        raise Conflict("appeal_open")
    if any(one.opened_at >= since for one in before):
        raise Conflict("appeal_answered")


async def answer(merchant_id: str, appeal_id: str, outcome: str, text: str, actor: str) -> Appeal:
    """Won: the commission is pending again, and the clock releases it. Lost: it stays, and the
    partner reads why (`text`). The same answer again changes nothing. NotFound, Invalid, Conflict.
    """
    if outcome == "lost" and not text:
        raise Invalid.at("/reason", "field.missing")

    async def work() -> Appeal:
        found = await Appeal.get_or_none(id=appeal_id, merchant_id=merchant_id)
        if found is None:
            raise NotFound
        one = await opened(merchant_id, found.commission_id)
        made = await Appeal.select_for_update().get(id=appeal_id)
        if made.state != "open":
            if made.state == outcome:
                return made
            raise Conflict("appeal_answered")
        made.state, made.answer = outcome, text
        made.answered_at, made.answered_by = world.now(), actor
        await made.save(update_fields=["state", "answer", "answered_at", "answered_by"])
        if outcome == "won" and one.row.state == "held":
            await decide.unheld(one, actor)
        elif outcome == "won" and one.row.state == "rejected":
            await decide.reinstated(one, actor)
        await _tell("appeal.answered", made)
        await note(f"appeal.{outcome}", one.row.id, actor=actor, organisation_id=merchant_id)
        return made

    return await transact(work)


async def close(rows: Iterable[Commission], why: str, actor: str) -> None:
    """End the open appeals of commissions that another decision has taken off the books for good,
    in the caller's transaction, which has locked them.
    """
    made = Appeal.filter(commission_id__in=[row.id for row in rows], state="open")
    for one in await made.order_by("id").select_for_update():
        one.state, one.answer = "lost", why
        one.answered_at, one.answered_by = world.now(), actor
        await one.save(update_fields=["state", "answer", "answered_at", "answered_by"])
        await _tell("appeal.answered", one)


async def _tell(event: str, made: Appeal) -> None:
    for organisation_id in (made.merchant_id, made.partner_id):
        data = {"appeal_id": made.id, "state": made.state, "merchant_id": made.merchant_id}
        await publish(event, organisation_id, made.commission_id, **data)
