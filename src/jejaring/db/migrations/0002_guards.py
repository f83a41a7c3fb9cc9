"""What Tortoise cannot express: append-only tables, checks, partial indexes. Forward only.

SQLite cannot add a CHECK to a table that exists, so there each table's checks are one pair of
triggers; PostgreSQL gets real CHECK constraints. Both raise an integrity error that names the
check. In a condition `@` marks a column.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

# Rows are added, never changed: not by a bug, not by hand.
APPEND_ONLY = ("ledger_entry", "ledger_posting", "audit_entry", "recruitment")

CHECKS = {
    "ledger_posting": {
        "amount": "@amount > 0",
        "two_accounts": "@from_account <> @to_account",
    },
    "organisation": {
        "kind": "@kind IN ('merchant', 'partner', 'operator')",
        "payout_minimum": "@payout_minimum >= 0",
        "payout_limit": "@payout_limit >= 0",
    },
    "membership": {"role": "@role IN ('owner', 'manager', 'finance', 'viewer')"},
    "product": {"price": "@price >= 0"},
    "campaign": {
        "state": "@state IN ('draft', 'live', 'paused', 'ended')",
        "budget": "@budget >= 0",
        "reserved": "@reserved >= 0",
    },
    "enrolment": {
        "role": "@role IN ('reseller', 'buzzer', 'influencer', 'follower')",
        "tier": "@tier IN ('bronze', 'silver', 'gold')",
    },
    "sale": {
        "items_total": "@items_total >= 0",
        "discount": "@discount >= 0",
        "shipping": "@shipping >= 0",
        "base": "@base >= 0 AND @base <= @items_total",
    },
    "sale_line": {
        "quantity": "@quantity >= 0",  # a line that an upsert dropped keeps its place
        "unit_price": "@unit_price >= 0",
        "discount": "@discount >= 0",
        "base": "@base >= 0",
        "refunded": "@refunded >= 0 AND @refunded <= @base",
        "returned": "@returned >= 0 AND @returned <= @quantity",
    },
    "refund": {"amount": "@amount >= 0"},
    "credit": {"share_bp": "@share_bp >= 0 AND @share_bp <= 10000"},
    "commission": {
        "base": "@base >= 0",
        "rate_bp": "@rate_bp >= 0 AND @rate_bp <= 10000",
        "share_bp": "@share_bp >= 0 AND @share_bp <= 10000",
        "amount": "@amount >= 0",
        "reversed": "@reversed >= 0 AND @reversed <= @amount",
        "times_held": "@times_held >= 0",
    },
    "payable_item": {
        "amount": "@amount > 0",
        "reversed": "@reversed >= 0 AND @reversed <= @amount",
    },
    "owed_settlement": {"amount": "@amount > 0"},
    "payout": {
        "netted": "@netted >= 0 AND @netted <= @gross",
        "tax": "@tax >= 0",
        "fee": "@fee >= 0",
        "net": "@net > 0 AND @net <= @gross",
    },
}

# A partner's money is never below zero, what a partner owes back never above (accounts.py). A
# trigger on both, not a CHECK: an upsert's first try is not yet the balance.
BALANCE = (
    "(NEW.account LIKE '%:owed_back' AND NEW.amount > 0)"
    " OR (NEW.account NOT LIKE '%:owed_back' AND NEW.amount < 0)"
)

INDEXES = (
    "CREATE INDEX job_due ON job (run_at, id) WHERE done_at IS NULL AND dead_at IS NULL",
    "CREATE INDEX payable_item_open ON payable_item (merchant_id, partner_id, not_before)"
    " WHERE payout_id IS NULL",
    "CREATE UNIQUE INDEX campaign_pause_open ON campaign_pause (campaign_id)"
    " WHERE resumed_at IS NULL",
    "CREATE INDEX touch_lost ON touch (partner_id, id) WHERE NOT won",
    "CREATE UNIQUE INDEX site_host_verified ON site (host) WHERE verified_at IS NOT NULL",
)


def sqlite_statements():
    """Triggers: a condition that is NULL passes, as it does in a CHECK."""
    for table in APPEND_ONLY:
        for act in ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    for table, checks in CHECKS.items():
        raises = " ".join(
            f"SELECT RAISE(ABORT, 'CHECK constraint failed: {table}_{name}') "
            f"WHERE NOT ({condition.replace('@', 'NEW.')});"
            for name, condition in checks.items()
        )
        for act in ("INSERT", "UPDATE"):
            yield (
                f"CREATE TRIGGER {table}_check_{act.lower()} AFTER {act} ON {table} "
                f"BEGIN {raises} END"
            )
    for act in ("INSERT", "UPDATE"):
        yield (
            f"CREATE TRIGGER ledger_balance_sign_{act.lower()} AFTER {act} ON ledger_balance "
            f"WHEN {BALANCE} BEGIN "
            "SELECT RAISE(ABORT, 'CHECK constraint failed: ledger_balance_sign'); END"
        )


def postgres_statements():
    """Real CHECKs, and triggers that also refuse TRUNCATE."""
    yield (
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation'; "
        "END $$"
    )
    for table in APPEND_ONLY:
        yield (
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        yield (
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    for table, checks in CHECKS.items():
        added = ", ".join(
            f"ADD CONSTRAINT {table}_{name} CHECK ({condition.replace('@', '')})"
            for name, condition in checks.items()
        )
        yield f"ALTER TABLE {table} {added}"
    yield (
        "CREATE FUNCTION refuse_balance() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'CHECK constraint failed: ledger_balance_sign' "
        "USING ERRCODE = 'check_violation'; END $$"
    )
    yield (
        "CREATE TRIGGER ledger_balance_sign AFTER INSERT OR UPDATE ON ledger_balance "
        f"FOR EACH ROW WHEN ({BALANCE}) EXECUTE FUNCTION refuse_balance()"
    )


async def forward(apps, editor):
    """Statement by statement: Tortoise would cut a trigger's body at its semicolons."""
    on_sqlite = editor.DIALECT == "sqlite"
    for statement in sqlite_statements() if on_sqlite else postgres_statements():
        await editor.client.execute_query(statement)


class Migration(migrations.Migration):
    dependencies = [("jejaring", "0001_initial")]

    operations = [ops.RunPython(forward), ops.RunSQL(list(INDEXES))]
