"""What the database itself refuses: changed ledger rows, impossible money, lost history."""

import importlib
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError, OperationalError

from campaigns.catalog.models import Product
from campaigns.enrolments.models import Enrolment
from campaigns.lifecycle.models import Campaign, CampaignPause
from jejaring import world
from jejaring.db import sql
from jejaring.db.transact import transact
from jejaring.ledger.models import Balance, Entry, Posting
from jejaring.payouts.models import OwedSettlement, PayableItem, Payout, PayoutRun
from jejaring.trail.models import AuditEntry
from jejaring.trail.write import note
from referrals.attribution.models import Credit
from referrals.commissions.models import Commission
from referrals.orders.models import Refund, Sale, SaleLine
from tests.cast import Cast

CHECKS = importlib.import_module("jejaring.db.migrations.0002_guards").CHECKS
# Each breaks the check that it is filed under, and may break others of the same table.
BREAKS = {
    "organisation_kind": "kind = 'bank'",
    "organisation_payout_minimum": "payout_minimum = -1",
    "organisation_payout_limit": "payout_limit = -1",
    "membership_role": "role = 'king'",
    "product_price": "price = -1",
    "campaign_state": "state = 'lost'",
    "campaign_budget": "budget = -1",
    "campaign_reserved": "reserved = -1",
    "enrolment_role": "role = 'guest'",
    "enrolment_tier": "tier = 'iron'",
    "sale_items_total": "items_total = -1",
    "sale_discount": "discount = -1",
    "sale_shipping": "shipping = -1",
    "sale_base": "base = items_total + 1",
    "sale_line_quantity": "quantity = -1",
    "sale_line_unit_price": "unit_price = -1",
    "sale_line_discount": "discount = -1",
    "sale_line_base": "base = -1",
    "sale_line_refunded": "refunded = base + 1",
    "sale_line_returned": "returned = quantity + 1",
    "refund_amount": "amount = -1",
    "credit_share_bp": "share_bp = 10001",
    "commission_base": "base = -1",
    "commission_rate_bp": "rate_bp = 10001",
    "commission_share_bp": "share_bp = -1",
    "commission_amount": "amount = -1",
    "commission_reversed": "reversed = amount + 1",
    "commission_times_held": "times_held = -1",
    "owed_settlement_amount": "amount = 0",
    "payable_item_amount": "amount = 0",
    "payable_item_reversed": "reversed = -1",
    "payout_netted": "netted = gross + 1",
    "payout_tax": "tax = -1",
    "payout_fee": "fee = -1",
    "payout_net": "net = 0",
}


async def _promise(cast: Cast) -> tuple[Product, Enrolment]:
    now = world.now()
    product = await Product.create(
        id="prd_1", merchant=cast.laras.org, sku="A", slug="a", name="A", price=10, created_at=now
    )
    campaign = await Campaign.create(
        id="cmp_1", merchant=cast.laras.org, name="C", joining="open", state="live", created_at=now
    )
    enrolment = await Enrolment.create(
        id="enr_1", campaign=campaign, merchant_id=cast.laras.id, partner=cast.rina.org,
        role="reseller", state="active", terms_accepted=1, created_at=now,
    )  # fmt: skip
    return product, enrolment


async def _sale(cast: Cast, product: Product) -> tuple[Sale, SaleLine]:
    now = world.now()
    sale = await Sale.create(
        id="sal_1", merchant=cast.laras.org, source="api", order_id="1", state="paid",
        placed_at=now, received_at=now, items_total=100, discount=0, shipping=0, base=100,
        currency="IDR", content_hash="h",
    )  # fmt: skip
    line = await SaleLine.create(
        id="lin_1", sale=sale, position=1, sku="A", product=product, quantity=2, unit_price=50,
        discount=0, base=100,
    )  # fmt: skip
    await Refund.create(
        id="ref_1", merchant_id=cast.laras.id, source="api", order_id="1", refund_id="r",
        sale=sale, state="applied", reason="x", amount=1, content_hash="h", received_at=now,
    )  # fmt: skip
    return sale, line


@pytest.fixture
async def one_of_each(cast: Cast) -> None:
    """A row in every table that has checks."""
    product, enrolment = await _promise(cast)
    sale, line = await _sale(cast, product)
    now = world.now()
    await Credit.create(
        id="crd_1", sale=sale, line=line, enrolment=enrolment, partner_id=cast.rina.id,
        campaign_id="cmp_1", share_bp=10_000, by="click", touch_id="t", touch_at=now,
        item="direct", terms_number=1, created_at=now,
    )  # fmt: skip
    await Commission.create(
        id="com_1", merchant=cast.laras.org, partner_id=cast.rina.id, enrolment=enrolment,
        campaign_id="cmp_1", sale=sale, line=line, key="k", kind="percent", rule="r",
        rule_index=0, terms_number=1, base=100, rate_bp=1000, share_bp=10_000, amount=10,
        state="pending", month="2026-11", created_at=now,
    )  # fmt: skip
    run = await PayoutRun.create(
        id="run_1", merchant=cast.laras.org, state="approved", cutoff=now, lines_hash="h",
        created_by="t", created_at=now,
    )  # fmt: skip
    payout = await Payout.create(
        id="pay_1", run=run, merchant_id=cast.laras.id, partner_id=cast.rina.id, state="approved",
        gross=10, net=10, method_kind="bank", method_provider="bca", method_sealed="s",
        method_last4="1234", method_name="R", bank_reference="b", approved_at=now,
    )  # fmt: skip
    await PayableItem.create(
        id="itm_1", merchant_id=cast.laras.id, partner_id=cast.rina.id, key="k", kind="c",
        source_id="com_1", label="l", amount=10, not_before=now, created_at=now, payout=payout,
    )  # fmt: skip
    await OwedSettlement.create(
        id="set_1", merchant_id=cast.laras.id, partner_id=cast.rina.id, kind="repay", reference="r",
        amount=1, reason="x", state="done", asked_by="t", asked_at=now,
    )  # fmt: skip


async def _refused(table: str, change: str) -> bool:
    try:
        await transact(lambda: sql.rows(f"UPDATE {table} SET {change}"))
    except IntegrityError as exc:
        return f"{table}_" in str(exc)
    return False


async def test_impossible_values_are_refused_by_the_database(one_of_each: None) -> None:
    checks = {f"{t}_{name}": t for t, named in CHECKS.items() for name in named}
    allowed = [
        name
        for name, table in checks.items()
        if table != "ledger_posting"  # cannot be updated at all: see below
        and not await _refused(table, BREAKS[name])
    ]
    assert allowed == []


async def _entry(amount: int = 5, to_account: str = "partner:x:pending") -> Posting:
    entry = await Entry.create(
        merchant_id="org_1", key=world.token(8), event="accrue", content_hash="h", at=world.now()
    )
    return await Posting.create(
        entry_id=entry.id,
        merchant_id="org_1",
        from_account="expense:commission",
        to_account=to_account,
        amount=amount,
    )


@pytest.mark.parametrize(
    "values", [{"amount": 0}, {"amount": -5}, {"to_account": "expense:commission"}]
)
async def test_a_posting_moves_something_somewhere(db: None, values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="ledger_posting_"):
        await transact(lambda: _entry(**values))
    assert await Entry.all().count() == 0


@pytest.mark.parametrize("model", [Entry, Posting])
async def test_ledger_rows_are_neither_changed_nor_deleted(
    db: None, model: type[Entry] | type[Posting]
) -> None:
    await transact(_entry)
    for change in (
        lambda: model.all().update(merchant_id="org_2"),
        lambda: model.all().delete(),
    ):
        with pytest.raises(IntegrityError, match="append-only"):
            await transact(change)
    assert await model.filter(merchant_id="org_1").count() == 1


async def test_the_trail_is_neither_changed_nor_deleted(db: None) -> None:
    await note("campaign.launched", "cmp_1", actor="cli")
    with pytest.raises(IntegrityError, match="append-only"):
        await transact(lambda: AuditEntry.all().update(actor="nobody"))
    with pytest.raises(IntegrityError, match="append-only"):
        await transact(lambda: AuditEntry.all().delete())
    assert (await AuditEntry.all())[0].actor == "cli"


async def test_ledger_rows_cannot_be_swept_away_by_other_means(db: None) -> None:
    posting = await transact(_entry)
    if sql.on_sqlite():
        sweep = f"INSERT OR REPLACE INTO ledger_posting VALUES ({posting.id}, 1, 'x', 'a', 'b', 9)"
    else:
        sweep = "TRUNCATE ledger_posting"
    with pytest.raises((IntegrityError, OperationalError), match="append-only"):
        await transact(lambda: sql.rows(sweep))
    assert (await Posting.get(id=posting.id)).amount == 5


async def _set(account: str, amount: int) -> None:
    await sql.rows(
        "INSERT INTO ledger_balance (merchant_id, account, amount) VALUES ('m', ?, ?) "
        "ON CONFLICT (merchant_id, account) DO UPDATE "
        "SET amount = ledger_balance.amount + excluded.amount",
        [account, amount],
    )


async def test_balances_keep_their_sign_whichever_way_they_are_written(db: None) -> None:
    await _set("partner:p:payable", 10)
    await _set("partner:p:payable", -10)  # an upsert's first try is not yet the balance
    await _set("partner:p:owed_back", -10)
    for account, amount in (("partner:p:payable", -1), ("partner:p:owed_back", 11)):
        with pytest.raises(IntegrityError, match="ledger_balance_sign"):
            await transact(lambda a=account, n=amount: _set(a, n))  # type: ignore[misc]
    with pytest.raises(IntegrityError, match="ledger_balance_sign"):
        await transact(lambda: _set("partner:q:pending", -1))
    assert {b.account: b.amount for b in await Balance.all()} == {
        "partner:p:payable": 0,
        "partner:p:owed_back": -10,
    }


async def test_a_campaign_pauses_once_at_a_time(one_of_each: None) -> None:
    await CampaignPause.create(campaign_id="cmp_1", paused_at=world.now())
    with pytest.raises(IntegrityError):
        await transact(lambda: CampaignPause.create(campaign_id="cmp_1", paused_at=world.now()))
    await CampaignPause.all().update(resumed_at=world.now())
    await CampaignPause.create(campaign_id="cmp_1", paused_at=world.now())


async def test_a_bad_reference_is_refused(db: None) -> None:
    with pytest.raises(IntegrityError):
        await transact(
            lambda: Product.create(
                id="p", merchant_id="org_none", sku="a", slug="a", name="a", price=1,
                created_at=world.now(),
            )
        )  # fmt: skip
