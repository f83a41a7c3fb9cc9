"""A clean world of a million postings: one shop's orders through the real verbs, then the shop
copied within the database, set by set: `python -m bench.million` on DATABASE_URL.

Every id of the shop is made with a mark in it, which a copy replaces by its number, wherever it
stands: in keys, foreign keys and JSON. Partners are shared, so accounts and hashes stay the same.
"""

import asyncio
import sys
from datetime import timedelta
from itertools import count
from typing import Any

import httpx2

from dashboards.figures import rollup
from jejaring import main, world
from jejaring.db import connect, sql
from jejaring.db.migrate import migrate
from jejaring.db.transact import transact
from jejaring.ledger.statements import balances
from jejaring.payouts import owed, run, settle
from jejaring.payouts.models import Payout
from jejaring.settings import settings
from referrals.commissions.release import release_due
from tests import make
from tests.cast import set_the_stage
from tests.money import caller, with_method
from tests.proof import crash_rows
from tests.referrals import shop
from tests.referrals.shop import Stage, percent, set_terms

MARK = "zOOOOz"  # the letter O is in no id and no token of ours
LINES = 1_000_000
ORDERS = 300
ALONE = {
    "tortoise_migrations", "job", "beat", "session", "kept_reply", "rollup_mark", "review_mark",
    "api_key", "app_user", "membership",
}  # fmt: skip


def _mark_ids() -> None:
    numbers = count()
    world.new_id = lambda prefix: f"{prefix}_{next(numbers):06d}{MARK}"


async def _live(s: Stage) -> None:
    """Orders with refunds, disputes, holds, rejections, payouts of every outcome."""
    paid = ""
    for n in range(ORDERS):
        more: dict[str, Any] = {"state": "paid" if n % 10 == 9 else "completed"}
        at = world.now() - timedelta(minutes=ORDERS - n)
        click = await s.click(id=f"{n:010d}{MARK}", at=at - timedelta(minutes=5))
        sale = await s.sell(f"INV-{n}", click_id=click, placed_at=at.isoformat(), **more)
        path, com = f"/v1/sales/{sale['id']}", sale["commissions"][0]["id"]
        if n % 4 == 0:
            refund = {"refund_id": f"R-{n}", "reason": "rusak", "amount": 30_000 + n}
            await s.send("POST", f"{path}/refunds", refund)
        if n % 12 == 1:
            lost = {"dispute_id": f"D-{n}", "outcome": "lost", "amount": 20_000}
            await s.send("POST", f"{path}/disputes", lost)
            await s.send("POST", f"{path}/disputes", lost | {"outcome": "won"})
        if n % 12 == 3:
            await s.send("POST", f"/v1/commissions/{com}/hold", {"reason_code": "odd_orders"})
        if n % 12 == 5:
            await s.send("POST", f"/v1/commissions/{com}/reject", {"reason_code": "fake_order"})
        if n % 40 == 39:
            await _pay(s, ("paid", "failed", "returned")[n // 40 % 3])
            late = {"refund_id": f"L-{n}", "reason": "batal", "amount": 90_000}
            await s.send("POST", f"{paid}/refunds", late)
        if n % 40 == 2:
            paid = path
    await release_due()


async def _pay(s: Stage, outcome: Any) -> None:
    who = caller(s.cast.laras)
    approved = await run.approve(who, (await run.preview(who)).id)
    for payout in await Payout.filter(run_id=approved.id):
        if outcome == "returned":
            await settle.settle(who, payout.id, "paid", f"TRF {payout.id}")
        await settle.settle(who, payout.id, outcome, f"TRF {payout.id}")


async def _seed() -> None:
    cast = await set_the_stage()
    for partner, number in ((cast.rina, "1234567890"), (cast.dimas, "2223334445")):
        await with_method(partner, number)
    _mark_ids()
    built = main.build(own_database=False)
    async with built.router.lifespan_context(built):
        transport = httpx2.ASGITransport(app=built)
        async with httpx2.AsyncClient(transport=transport, base_url="http://x") as http:
            org = await make.organisation(slug=f"toko-{MARK}".lower())
            user = await make.user()
            await make.membership(user, org)
            laras = type(cast.laras)(org, user, await make.key(org))
            mine = type(cast)(laras, cast.bukit, cast.rina, cast.dimas, cast.sari)
            s = await shop.set_up(http, mine, budget=10**12)
            await set_terms(s.campaign, percent() | {"hold_days": 0})
            await type(s.link).filter(id=s.link.id).update(code=MARK)
            await _live(s)
    await rollup.run()
    owes = (await balances(laras.id, cast.rina.id))[0].owed_back
    await owed.settle(caller(laras), owed.Settling("write_off", "rina", owes // 2, "salah toko"))


STEP = 1_000_000  # between the numbers of one copy and the next: more than a shop has rows


async def _columns(table: str) -> dict[str, str]:
    """Each column as copy `n` has it."""
    if sql.on_sqlite():
        query = f"SELECT name, type FROM pragma_table_info('{table}')"
    else:
        query = (
            "SELECT column_name AS name, data_type AS type FROM information_schema.columns "
            f"WHERE table_schema = 'public' AND table_name = '{table}'"
        )
    return {row["name"]: _copied(row["name"], row["type"].lower()) for row in await sql.rows(query)}


def _copied(name: str, kind: str) -> str:
    column = f't."{name}"'
    if name in ("id", "seq", "entry_id") and "int" in kind:
        return f"{column} + n.n * {STEP}"
    if "json" in kind:
        text = f"replace(CAST({column} AS TEXT), '{MARK}', n.mark)"
        return text if sql.on_sqlite() else f"CAST({text} AS {kind})"
    if "char" in kind or "text" in kind:
        return f"replace(replace({column}, '{MARK}', n.mark), '{MARK.lower()}', n.mark)"
    return column


async def _copy(table: str, copies: int) -> None:
    """The marked rows of a table, so many times more."""
    columns = await _columns(table)
    texts = [c for c in columns.values() if c.startswith("replace(replace(")]
    if not texts:
        return
    plain = [c.split(",")[0].removeprefix("replace(replace(") for c in texts]
    marked = " OR ".join(f"{c} LIKE '%{MARK}%'" for c in plain)
    names = ", ".join(f'"{name}"' for name in columns)
    await sql.rows(
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?), "
        "marks AS (SELECT n, 'z' || substr(CAST(10000 + n AS TEXT), 2) || 'z' AS mark FROM numbers)"
        f' INSERT INTO "{table}" ({names}) SELECT {", ".join(columns.values())} '
        f'FROM "{table}" t CROSS JOIN marks n WHERE {marked}',
        [copies],
    )


async def _multiply() -> int:
    """Copy the shop until there are as many postings; how many there are."""
    mine = int((await sql.rows("SELECT count(*) AS n FROM ledger_posting"))[0]["n"])
    copies = LINES // mine
    tables = [name for name in await crash_rows.tables() if name not in ALONE]
    if sql.on_sqlite():
        await sql.rows("PRAGMA foreign_keys = OFF")

    async def work() -> None:
        if not sql.on_sqlite():
            await sql.rows("SET LOCAL session_replication_role = replica")
        for table in tables:
            await _copy(table, copies)
        for name, table, number in (("clicks", "click", "seq"), ("events", "event", "id")):
            query = f"UPDATE rollup_mark SET position = (SELECT max({number}) FROM {table})"
            await sql.rows(f"{query} WHERE name = ?", [name])

    await transact(work)
    return mine * (copies + 1)


async def build() -> int:
    """Migrate, live, multiply; how many postings there are."""
    await migrate(settings())
    await connect.connect(settings())
    try:
        await _seed()
        made = await _multiply()
        await sql.rows("ANALYZE")
    finally:
        await connect.disconnect()
    return made


if __name__ == "__main__":
    LINES = int(sys.argv[1]) if sys.argv[1:] else LINES
    print(asyncio.run(build()))
