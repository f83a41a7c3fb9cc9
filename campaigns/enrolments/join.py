"""A partner comes in, is let in or turned away, and leaves."""

from collections.abc import Mapping
from typing import Any

from tortoise.exceptions import IntegrityError

from campaigns.enrolments.models import Enrolment
from campaigns.enrolments.rules import (
    END_REASONS,
    FRAUD,
    REJECT_REASONS,
    Door,
    Fault,
    answer_faults,
    begins_as,
    door_fault,
    move_fault,
)
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.queries import state_of
from campaigns.terms import versions
from jejaring import world
from jejaring.db.transact import transact
from jejaring.hooks.publish import publish
from jejaring.identity.rules import Caller
from jejaring.jobs.enqueue import enqueue
from jejaring.kit.errors import BadField, Conflict, Forbidden, Invalid, NotFound
from jejaring.members import invitations
from jejaring.trail.write import note


async def join(
    campaign_id: str,
    partner: Caller,
    role: str,
    answers: Mapping[str, str] | None = None,
    invitation: str | None = None,
) -> Enrolment:
    """The partner's place in the campaign: active, or requested where the merchant approves. The
    same partner again gets the one that is there, whatever its state.

    `answers` are keyed by the question. NotFound for a draft, Conflict `campaign_ended` or
    `campaign_paused`, Invalid at `/role`, `/answers/…` or `/invitation`, Forbidden
    `campaign_by_invitation`.
    """

    async def work() -> Enrolment:
        row = await Campaign.select_for_update().get_or_none(id=campaign_id)
        if row is None or row.state == "draft":
            raise NotFound
        known = await Enrolment.get_or_none(
            campaign_id=campaign_id, partner_id=partner.organisation_id
        )
        if known is not None:
            return known
        return await _enter(row, partner, role, answers or {}, invitation)

    return await transact(work)


def _refuse(fault: Fault) -> None:
    if fault.pointer:
        raise Invalid.at(fault.pointer, fault.code)
    kinds = {403: Forbidden, 404: NotFound, 409: Conflict}
    raise kinds[fault.status](fault.code)


async def _enter(
    row: Campaign, partner: Caller, role: str, answers: Mapping[str, str], code: str | None
) -> Enrolment:
    await row.fetch_related("merchant")
    if row.merchant.suspended_at is not None:
        raise NotFound
    door = Door(state_of(row), tuple(row.audience), row.joining, tuple(row.questions))
    invited = code is not None and row.joining != "open"
    fault = door_fault(door, role, invited)
    if fault is not None:
        _refuse(fault)
    state = begins_as(door, invited)
    if state == "requested":
        wrong = answer_faults(door.questions, answers)
        if wrong:
            raise Invalid(fields=[BadField(place, bad) for place, bad in wrong])
    if invited and code is not None:
        await invitations.admits(code, row.id, row.merchant_id, partner.organisation_id)
    return await _store(row, partner, role, state, answers)


async def _store(
    row: Campaign, partner: Caller, role: str, state: str, answers: Mapping[str, str]
) -> Enrolment:
    now = world.now()
    number, _ = (await versions.at([row.id], now))[row.id]
    active = state == "active"
    enrolment = Enrolment(
        id=world.new_id("enr"),
        campaign_id=row.id,
        merchant_id=row.merchant_id,
        partner_id=partner.organisation_id,
        role=role,
        state=state,
        terms_accepted=number,
        answers={q: a.strip() for q, a in answers.items() if q in row.questions},
        created_at=now,
        approved_at=now if active else None,
        approved_by=partner.actor if active else None,
    )
    try:
        await transact(enrolment.save)
    except IntegrityError:  # joined in another request meanwhile
        return await Enrolment.get(campaign_id=row.id, partner_id=partner.organisation_id)
    await _told("activated" if active else "requested", enrolment, partner.actor)
    return enrolment


async def approve(merchant_id: str, enrolment_id: str, actor: str) -> Enrolment:
    """Requested → active; an active one stays. NotFound, Conflict (also for an ended campaign)."""

    async def work() -> Enrolment:
        row = await locked(merchant_id, enrolment_id, "active")
        if row.state == "active":
            return row
        campaign = await Campaign.get(id=row.campaign_id)
        if state_of(campaign) == "ended":
            raise Conflict("campaign_ended")
        values = {"state": "active", "approved_at": world.now(), "approved_by": actor}
        await _move(row, values, "activated", actor)
        return row

    return await transact(work)


async def reject(merchant_id: str, enrolment_id: str, actor: str, reason_code: str) -> Enrolment:
    """Requested → rejected, with a reason that the partner sees. NotFound, Conflict, Invalid."""
    _known_reason(reason_code, REJECT_REASONS)

    async def work() -> Enrolment:
        row = await locked(merchant_id, enrolment_id, "rejected")
        if row.state != "rejected":
            values = {
                "state": "rejected",
                "rejected_at": world.now(),
                "reason_code": reason_code,
            }
            await _move(row, values, "rejected", actor)
        return row

    return await transact(work)


async def end(
    merchant_id: str, enrolment_id: str, actor: str, reason_code: str = "by_agreement"
) -> Enrolment:
    """Active → ended: no new touches and sales; what was earned runs on, or, where it ends for
    fraud, is held. NotFound, Conflict, Invalid.
    """
    _known_reason(reason_code, END_REASONS)

    async def work() -> Enrolment:
        row = await locked(merchant_id, enrolment_id, "ended")
        if row.state != "ended":
            values = {"state": "ended", "ended_at": world.now(), "reason_code": reason_code}
            await _move(row, values, "ended", actor)
            if reason_code == FRAUD:
                held = {"enrolment_id": row.id, "reason": reason_code}
                await enqueue("commissions.hold", held, key=f"hold:{row.id}")
        return row

    return await transact(work)


def _known_reason(code: str, codes: tuple[str, ...]) -> None:
    if code not in codes:
        raise Invalid.at("/reason_code", "unknown_reason", codes=codes)


async def locked(merchant_id: str, enrolment_id: str, to: str) -> Enrolment:
    """The merchant's enrolment, which may become `to`, held until the transaction ends."""
    row = await Enrolment.select_for_update().get_or_none(id=enrolment_id, merchant_id=merchant_id)
    if row is None:
        raise NotFound
    fault = move_fault(row.state, to)
    if fault is not None:
        raise Conflict(fault)
    return row


async def _move(row: Enrolment, values: dict[str, Any], what: str, actor: str) -> None:
    row.update_from_dict(values)
    await row.save(update_fields=list(values))
    await _told(what, row, actor)


async def _told(what: str, row: Enrolment, actor: str) -> None:
    """On the trail, and to both sides."""
    name = f"enrolment.{what}"
    data = {"campaign_id": row.campaign_id, "partner_id": row.partner_id, "role": row.role}
    if row.reason_code is not None:
        data["reason_code"] = row.reason_code
    await note(name, row.id, actor=actor, organisation_id=row.merchant_id, **data)
    await publish(name, row.merchant_id, row.id, **data)
    await publish(name, row.partner_id, row.id, **data)
