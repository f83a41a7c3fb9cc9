"""A campaign's way: drafted, changed, launched, paused, resumed, ended; new terms."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from campaigns.catalog import sites
from campaigns.lifecycle import fields
from campaigns.lifecycle.end import end_row
from campaigns.lifecycle.models import Campaign, CampaignPause, CampaignProduct
from campaigns.lifecycle.queries import products
from campaigns.lifecycle.rules import (
    budget_fault,
    dates_fault,
    is_over,
    is_spent,
    state_now,
    step_fault,
)
from campaigns.lifecycle.shapes import CampaignChange, CampaignIn
from campaigns.terms.issue import issue
from campaigns.terms.models import TermsVersion
from campaigns.terms.shapes import TermsIn
from jejaring import world
from jejaring.db.transact import transact
from jejaring.hooks.publish import publish
from jejaring.identity.models import Organisation
from jejaring.identity.rules import Caller
from jejaring.jobs.enqueue import enqueue
from jejaring.kit.errors import BadField, Conflict, Invalid, NotFound
from jejaring.trail.write import note

START_JOB = "campaign.start"
END_JOB = "campaign.end"
_NULLABLE = ("starts_at", "ends_at", "budget", "tier_rule")
_AFTER_LAUNCH = ("name", "ends_at", "budget", "tier_rule", "tier_rule_at")


async def create(caller: Caller, draft: CampaignIn) -> Campaign:
    """A draft with version 1 of its terms. Invalid with every bad field."""
    await fields.check(
        caller.organisation_id,
        product_ids=draft.product_ids,
        terms=draft.terms,
        dates=(draft.starts_at, draft.ends_at),
    )
    return await transact(lambda: _store(caller, draft))


async def _store(caller: Caller, draft: CampaignIn) -> Campaign:
    row = await Campaign.create(
        id=world.new_id("cmp"),
        merchant_id=caller.organisation_id,
        name=draft.name,
        audience=list(dict.fromkeys(draft.audience)),
        joining=draft.joining,
        questions=list(dict.fromkeys(draft.questions or [])),
        whole_shop=not draft.product_ids,
        budget=draft.budget,
        state="draft",
        created_at=world.now(),
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        tier_rule=draft.tier_rule.model_dump() if draft.tier_rule else None,
        tier_rule_at=world.now() if draft.tier_rule else None,
    )
    await _cover(row.id, draft.product_ids)
    await issue(row.id, draft.terms, caller.actor)
    await note("campaign.drafted", row.id, actor=caller.actor, organisation_id=row.merchant_id)
    return row


async def _cover(campaign_id: str, product_ids: list[str]) -> None:
    await CampaignProduct.filter(campaign_id=campaign_id).delete()
    rows = [
        CampaignProduct(campaign_id=campaign_id, product_id=product_id)
        for product_id in dict.fromkeys(product_ids)
    ]
    if rows:
        await CampaignProduct.bulk_create(rows)


async def change(caller: Caller, campaign_id: str, wish: CampaignChange) -> Campaign:
    """Change what is given; null empties starts_at, ends_at, budget and tier_rule, and leaves the
    rest.

    After launch only the name, an end that is not past, the rule of tiers, and a larger budget
    (Conflict `locked_once_live` or `budget_only_up`); a top-up revives a campaign that its budget
    ended.
    """
    given = {
        name: getattr(wish, name)
        for name in wish.model_fields_set
        if name in _NULLABLE or getattr(wish, name) is not None
    }
    if wish.tier_rule is not None:
        given["tier_rule"] = wish.tier_rule.model_dump()

    async def work() -> Campaign:
        row = await _locked(caller.organisation_id, campaign_id)
        given.update(_since(row, given))
        if row.state == "draft":
            await _redraft(caller, row, given)
        else:
            await _adjust(caller, row, given)
        return row

    return await transact(work)


def _since(row: Campaign, given: dict[str, Any]) -> dict[str, Any]:
    """A rule of tiers counts from the month in which there first was one."""
    if "tier_rule" not in given:
        return {}
    began = row.tier_rule_at or world.now()
    return {"tier_rule_at": began if given["tier_rule"] is not None else None}


async def _redraft(caller: Caller, row: Campaign, given: dict[str, Any]) -> None:
    dates = (given.get("starts_at", row.starts_at), given.get("ends_at", row.ends_at))
    await fields.check(
        row.merchant_id,
        product_ids=given.get("product_ids", ()),
        terms=given.get("terms"),
        dates=dates,
    )
    product_ids = given.pop("product_ids", None)
    if product_ids is not None:
        await _cover(row.id, product_ids)
        given["whole_shop"] = not product_ids
    terms = given.pop("terms", None)
    if terms is not None:
        await issue(row.id, terms, caller.actor)
    await _save(row, given)


async def _adjust(caller: Caller, row: Campaign, given: dict[str, Any]) -> None:
    """Changes after launch."""
    now = world.now()
    revivable = row.end_reason == "budget" and not is_over(given.get("ends_at", row.ends_at), now)
    if state_now(row.state, row.ends_at, now) == "ended" and not revivable:
        raise Conflict("campaign_ended")
    changed = await _really(row, given)
    locked = [BadField(f"/{n}", "locked_once_live") for n in changed if n not in _AFTER_LAUNCH]
    if locked:
        raise Conflict("locked_once_live", fields=locked)
    fault = dates_fault(row.starts_at, changed.get("ends_at"), now)
    if fault is not None:
        raise Invalid.at("/ends_at", fault)
    if "budget" in changed and budget_fault(row.budget, changed["budget"]):
        raise Conflict("budget_only_up", fields=[BadField("/budget", "budget_only_up")])
    await _save(row, changed)
    if "ends_at" in changed:
        await _plan_end(row)
    if revivable and "budget" in changed and not is_spent(row.budget, row.reserved):
        await _revive(row)
    if changed:
        written = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in changed.items()}
        await note(
            "campaign.changed",
            row.id,
            actor=caller.actor,
            organisation_id=row.merchant_id,
            **written,
        )
        await publish("campaign.changed", row.merchant_id, row.id)


async def _really(row: Campaign, given: dict[str, Any]) -> dict[str, Any]:
    """The given fields that differ from what is stored: a whole object sent back changes little."""
    stored: dict[str, Any] = {n: getattr(row, n) for n in given if hasattr(row, n)}
    if "product_ids" in given:
        stored["product_ids"] = (await products([row.id])).get(row.id, [])
    as_sets = ("product_ids", "audience")
    return {
        name: value
        for name, value in given.items()
        if name == "terms"
        or (set(value) != set(stored[name]) if name in as_sets else value != stored[name])
    }


async def _revive(row: Campaign) -> None:
    """A top-up puts a campaign that its budget ended back as it was; the time between is a gap."""
    now = world.now()
    waits = await CampaignPause.filter(campaign_id=row.id, resumed_at=None).exists()
    if not waits:
        await CampaignPause.create(campaign_id=row.id, paused_at=row.ended_at, resumed_at=now)
    state = "paused" if waits else "live"
    await _save(row, {"state": state, "ended_at": None, "end_reason": None})
    if not waits:
        await publish("campaign.resumed", row.merchant_id, row.id)


async def launch(merchant_id: str, campaign_id: str, actor: str) -> Campaign:
    """Draft → live, or paused → live. Conflict where the state forbids it, the merchant has neither
    a verified site nor the operator's word (`not_vouched`), the end is past or the budget is spent.
    """
    return await _step(merchant_id, campaign_id, "launch", lambda row: _launch(row, actor))


async def _launch(row: Campaign, actor: str) -> None:
    now = world.now()
    if dates_fault(row.starts_at, row.ends_at, now) is not None:
        raise Conflict("ends_in_past")
    if is_spent(row.budget, row.reserved):
        raise Conflict("budget_spent")
    if row.state == "paused":
        await CampaignPause.filter(campaign_id=row.id, resumed_at=None).update(resumed_at=now)
        await _save(row, {"state": "live", "paused_at": None})
        await _told("resumed", row, actor)
        return
    shop = await Organisation.get(id=row.merchant_id)
    if shop.vouched_at is None and not await sites.verified(row.merchant_id):
        raise Conflict("not_vouched")
    await _save(row, {"state": "live", "launched_at": now})
    await _told("launched", row, actor)
    if row.starts_at is not None and row.starts_at > now:
        await enqueue(
            START_JOB, {"campaign_id": row.id}, at=row.starts_at, key=f"{START_JOB}:{row.id}"
        )
    await _plan_end(row)


async def _plan_end(row: Campaign) -> None:
    if row.ends_at is not None:
        key = f"{END_JOB}:{row.id}:{row.ends_at.isoformat()}"
        await enqueue(END_JOB, {"campaign_id": row.id}, at=row.ends_at, key=key)


async def pause(merchant_id: str, campaign_id: str, actor: str) -> Campaign:
    """Live → paused; the time until it is launched again does not count. Conflict otherwise."""
    return await _step(merchant_id, campaign_id, "pause", lambda row: _pause(row, actor))


async def _pause(row: Campaign, actor: str) -> None:
    now = world.now()
    await CampaignPause.create(campaign_id=row.id, paused_at=now)
    await _save(row, {"state": "paused", "paused_at": now})
    await _told("paused", row, actor)


async def end(merchant_id: str, campaign_id: str, actor: str, reason: str = "by_hand") -> Campaign:
    """Live or paused → ended, for good; sales placed before still accrue. Conflict otherwise."""
    return await _step(
        merchant_id, campaign_id, "end", lambda row: end_row(row, world.now(), reason, actor)
    )


async def start_due(campaign_id: str) -> None:
    """Say once that a campaign with a first instant has begun; whoever reads it looks at dates."""
    row = await Campaign.get_or_none(id=campaign_id)
    if row is not None and row.state == "live":
        await publish("campaign.started", row.merchant_id, row.id)


async def end_due(campaign_id: str) -> None:
    """End a campaign whose last instant has passed, at that instant; again changes nothing."""

    async def work() -> None:
        row = await Campaign.select_for_update().get_or_none(id=campaign_id)
        if row is None or row.ends_at is None or row.state not in ("live", "paused"):
            return
        if row.ends_at <= world.now():
            await end_row(row, row.ends_at, "date", "system")

    await transact(work)


async def amend(
    caller: Caller, campaign_id: str, terms: TermsIn, effective_at: datetime | None = None
) -> TermsVersion:
    """A new version of the terms, now or later. Conflict for an ended campaign; Invalid."""
    await fields.check(caller.organisation_id, terms=terms, terms_at="")

    async def work() -> TermsVersion:
        row = await _locked(caller.organisation_id, campaign_id)
        fault = step_fault("amend", state_now(row.state, row.ends_at, world.now()))
        if fault is not None:
            raise Conflict(fault)
        version = await issue(row.id, terms, caller.actor, effective_at)
        data = {"number": version.number, "effective_at": version.effective_at.isoformat()}
        org = row.merchant_id
        await note("terms.issued", row.id, actor=caller.actor, organisation_id=org, **data)
        await publish("terms.issued", org, row.id, **data)
        return version

    return await transact(work)


async def _locked(merchant_id: str, campaign_id: str) -> Campaign:
    row = await Campaign.select_for_update().get_or_none(id=campaign_id, merchant_id=merchant_id)
    if row is None:
        raise NotFound
    return row


async def _step(
    merchant_id: str, campaign_id: str, step: str, act: Callable[[Campaign], Awaitable[None]]
) -> Campaign:
    async def work() -> Campaign:
        row = await _locked(merchant_id, campaign_id)
        fault = step_fault(step, state_now(row.state, row.ends_at, world.now()))
        if fault is not None:
            raise Conflict(fault)
        await act(row)
        return row

    return await transact(work)


async def _save(row: Campaign, values: dict[str, Any]) -> None:
    if values:
        row.update_from_dict(values)
        await row.save(update_fields=list(values))


async def _told(what: str, row: Campaign, actor: str, **data: Any) -> None:
    name = f"campaign.{what}"
    await note(name, row.id, actor=actor, organisation_id=row.merchant_id, **data)
    await publish(name, row.merchant_id, row.id, **data)
