"""A payout run: previewed, approved, cancelled. A preview reserves nothing; an approval takes
exactly its lines.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from tortoise.expressions import Q

from jejaring import world
from jejaring.db import sql
from jejaring.db.transact import transact
from jejaring.identity.models import ApiKey, Organisation
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Conflict, Invalid, NotFound
from jejaring.ledger import accounts
from jejaring.ledger import post as ledger
from jejaring.ledger.rules import Draft
from jejaring.payouts import methods, rules, settle
from jejaring.payouts.methods import Held
from jejaring.payouts.models import Payout, PayoutMethod, PayoutRun
from jejaring.payouts.rules import ItemFacts, MethodFacts, Planned
from jejaring.trail.write import note

AHEAD = timedelta(minutes=5)
_OPEN = (
    "SELECT id, partner_id, amount - reversed AS rest FROM payable_item WHERE merchant_id = ? "
    "AND payout_id IS NULL AND not_before <= ? AND (? = '' OR partner_id = ?) ORDER BY id"
)
_ASSIGN = (
    "UPDATE payable_item SET payout_id = payout.id FROM payout WHERE payout.run_id = ? "
    "AND payout.partner_id = payable_item.partner_id AND payable_item.payout_id IS NULL "
    "AND payable_item.id IN ({slots})"
)


async def preview(
    caller: Caller, cutoff: datetime | None = None, partner: str | None = None
) -> PayoutRun:
    """Gather what is payable up to the cutoff (default now), for all or one partner (handle or id).

    Invalid for a cutoff ahead of the clock or a partner that does not exist.
    """
    now = world.now()
    if cutoff is not None and cutoff > now + AHEAD:
        raise Invalid.at("/cutoff", "cutoff_ahead")
    partner_id = None if partner is None else await partner_of(partner)
    until = min(cutoff or now, now)
    return await transact(lambda: _preview(caller, until, partner_id))


async def partner_of(handle: str) -> str:
    """A partner's id by its handle or id. Invalid `unknown_partner`."""
    row = await Organisation.filter(Q(slug=handle) | Q(id=handle), kind="partner").first()
    if row is None:
        raise Invalid.at("/partner", "unknown_partner", partner=handle)
    return row.id


async def _preview(caller: Caller, cutoff: datetime, partner_id: str | None) -> PayoutRun:
    merchant = await Organisation.get(id=caller.organisation_id)
    items = await _open_items(merchant.id, cutoff, partner_id)
    plan, held = await _plan(merchant, items)
    shown = {
        "totals": asdict(rules.totals(plan.payouts)),
        "payouts": [_line(planned, held[planned.partner_id]) for planned in plan.payouts],
        "skipped": [asdict(skipped) for skipped in plan.skipped],
    }
    run = await PayoutRun.create(
        id=world.new_id("run"),
        merchant_id=merchant.id,
        state="preview",
        cutoff=cutoff,
        partner_filter=partner_id,
        preview=shown,
        lines_hash=rules.lines_hash(plan.payouts),
        created_by=caller.actor,
        created_at=world.now(),
    )
    await note("payout_run.previewed", run.id, actor=caller.actor, organisation_id=merchant.id)
    return run


def _line(planned: Planned, held: Held) -> dict[str, Any]:
    """A payout as the preview stores it; its id stays when it is approved."""
    method = _current(held)
    return {
        "id": world.new_id("pay"),
        "partner_id": planned.partner_id,
        "gross": planned.gross,
        "netted": planned.netted,
        "tax": planned.tax,
        "fee": planned.fee,
        "net": planned.net,
        "method": {"kind": method.kind, "provider": method.provider, "last4": method.last4},
        "items": [[item.id, item.rest] for item in planned.items],
    }


def _current(held: Held) -> PayoutMethod:
    if held.current is None:
        raise RuntimeError("a planned payout has a method")
    return held.current


async def _open_items(
    merchant_id: str, cutoff: datetime, partner_id: str | None, *, lock: bool = False
) -> list[ItemFacts]:
    """Payable items in no payout. Locking, those that a refund holds just now are left out: the
    run has changed, and an approval that waited for items while it holds balances could deadlock
    with a refund that waits the other way round.
    """
    skip = " FOR UPDATE SKIP LOCKED" if lock and not sql.on_sqlite() else ""
    values = [merchant_id, cutoff, partner_id or "", partner_id or ""]
    rows = await sql.rows(_OPEN + skip, values)
    return [ItemFacts(row["id"], row["partner_id"], row["rest"]) for row in rows]


async def _plan(
    merchant: Organisation, items: Sequence[ItemFacts]
) -> tuple[rules.Plan, dict[str, Held]]:
    """The plan for these items as owed back and methods stand; their balances stay locked."""
    partners = sorted({item.partner_id for item in items})
    names = {accounts.partner(partner_id, "owed_back"): partner_id for partner_id in partners}
    stored = await ledger.lock(merchant.id, names)
    owed = {names[account]: -amount for account, amount in stored.items()}
    held = await methods.of(partners)
    known = {
        partner_id: MethodFacts(
            None if mine.current is None else mine.current.id, mine.waiting is not None
        )
        for partner_id, mine in held.items()
    }
    return rules.plan(items, owed, known, merchant.payout_minimum), held


async def approve(caller: Caller, run_id: str) -> PayoutRun:
    """Take the run's lines into payouts. Approved already: the same run, unchanged.

    Conflict `run_changed` where a line, a netting or a method is not as previewed, `run_cancelled`,
    `second_person` above the merchant's limit for the one who made it.
    """
    return await transact(lambda: _approve(caller, run_id))


async def _approve(caller: Caller, run_id: str) -> PayoutRun:
    # One approval of a merchant at a time: two that skip each other's items would both fail.
    merchant = (
        await Organisation.filter(id=caller.organisation_id).select_for_update(no_key=True).get()
    )
    run = await _locked(caller, run_id)
    if run.state in ("approved", "done"):
        return run
    if run.state != "preview":
        raise Conflict("run_cancelled")
    await _second_person(caller, run, merchant)
    await _lock_balances(run)
    wanted = {item_id for line in _lines(run) for item_id, _ in line["items"]}
    everything = await _open_items(merchant.id, run.cutoff, run.partner_filter, lock=True)
    plan, held = await _plan(merchant, [item for item in everything if item.id in wanted])
    if rules.lines_hash(plan.payouts) != run.lines_hash:
        raise Conflict("run_changed")
    now = world.now()
    changed = {"state": "approved", "approved_by": caller.actor, "approved_at": now}
    await PayoutRun.filter(id=run.id, state="preview").update(**changed)
    run.update_from_dict(changed)
    ids = {line["partner_id"]: line["id"] for line in _lines(run)}
    payouts = [
        _payout(run, planned, ids[planned.partner_id], held[planned.partner_id], now)
        for planned in plan.payouts
    ]
    await _store(run, payouts, sorted(wanted))
    await note(
        "payout_run.approved",
        run.id,
        actor=caller.actor,
        organisation_id=merchant.id,
        net=sum(payout.net for payout in payouts),
    )
    await settle.finish(run.id)
    return await PayoutRun.get(id=run.id)


async def _lock_balances(run: PayoutRun) -> None:
    """Every balance that the approval will move, before its items, in one statement."""
    names = [
        accounts.partner(line["partner_id"], part)
        for line in _lines(run)
        for part in ("payable", "in_payout", "owed_back")
    ]
    await ledger.lock(run.merchant_id, names)


def _lines(run: PayoutRun) -> list[dict[str, Any]]:
    lines: Any = run.preview["payouts"]
    return list(lines)


def _payout(run: PayoutRun, planned: Planned, payout_id: str, held: Held, now: datetime) -> Payout:
    method = _current(held)
    return Payout(
        id=payout_id,
        run_id=run.id,
        merchant_id=run.merchant_id,
        partner_id=planned.partner_id,
        state="approved",
        gross=planned.gross,
        netted=planned.netted,
        tax=planned.tax,
        fee=planned.fee,
        net=planned.net,
        method_kind=method.kind,
        method_provider=method.provider,
        method_sealed=method.number_sealed,
        method_last4=method.last4,
        method_name=method.account_name,
        bank_reference=rules.bank_reference(f"{now:%y%m%d}", world.token(8)),
        approved_at=now,
    )


async def _store(run: PayoutRun, payouts: Sequence[Payout], item_ids: Sequence[str]) -> None:
    """The payouts, their items, their reserve entries, and the news of them."""
    if not payouts:
        return
    await Payout.bulk_create(payouts, batch_size=500)
    for start in range(0, len(item_ids), 1000):
        chunk = item_ids[start : start + 1000]
        await sql.rows(sql.fill(_ASSIGN, len(chunk)), [run.id, *chunk])
    await ledger.post_many(
        [
            Draft(
                row.merchant_id,
                f"reserve:{row.id}",
                "payout.reserve",
                rules.reserve_moves(settle.facts(row)),
                {"run": run.id, "bank_reference": row.bank_reference},
            )
            for row in payouts
        ]
    )
    await settle.announce("payout.approved", payouts)


async def _second_person(caller: Caller, run: PayoutRun, merchant: Organisation) -> None:
    totals: Any = run.preview["totals"]
    if await needs_another(caller, totals["net"], merchant.payout_limit, run.created_by):
        raise Conflict("second_person", limit=merchant.payout_limit)


async def needs_another(caller: Caller, amount: int, limit: int | None, maker: str) -> bool:
    """Whether somebody else must say yes to this much rupiah: it is above the merchant's limit, and
    the caller is the person who made it, by hand or by a key.
    """
    made_by, decides = await person(maker), await person(caller.actor)
    return rules.needs_second_person(amount, limit, made_by, decides)


async def person(actor: str) -> str:
    """The person behind an actor: a key that a person made acts for that person."""
    if not actor.startswith("key_"):
        return actor
    key = await ApiKey.get_or_none(id=actor)
    return key.created_by if key is not None and key.created_by.startswith("usr_") else actor


async def cancel(caller: Caller, run_id: str) -> PayoutRun:
    """Drop a preview, or an approved run of which nothing was sent; cancelled already: the same.

    The money of cancelled payouts comes back as one payable item each. Conflict `run_sent`.
    """
    return await transact(lambda: _cancel(caller, run_id))


async def _cancel(caller: Caller, run_id: str) -> PayoutRun:
    run = await _locked(caller, run_id)
    if run.state == "cancelled":
        return run
    rows = await Payout.filter(run_id=run.id).order_by("id")
    if any(row.state != "approved" for row in rows) or run.state == "done":
        raise Conflict("run_sent")
    now = world.now()
    if rows:
        await Payout.filter(run_id=run.id, state="approved").update(
            state="cancelled", settled_at=now
        )
        await ledger.post_many([settle.entry("fail", row) for row in rows])
        await settle.give_back("fail", rows)
        await settle.announce("payout.cancelled", rows)
    await PayoutRun.filter(id=run.id).update(state="cancelled", cancelled_at=now)
    await note("payout_run.cancelled", run.id, actor=caller.actor, organisation_id=run.merchant_id)
    return await PayoutRun.get(id=run.id)


async def _locked(caller: Caller, run_id: str) -> PayoutRun:
    run = (
        await PayoutRun.filter(id=run_id, merchant_id=caller.organisation_id)
        .select_for_update()
        .first()
    )
    if run is None:
        raise NotFound
    return run
