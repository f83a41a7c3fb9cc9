"""Sales through HTTP against raw sqlite3 (FULL) with one transaction per sale and the same rows."""

import json
import statistics
import tempfile
from pathlib import Path

from bench import server
from bench.figure import Figure, beside

ROUNDS = 3
CLICKS = 4000

SEED = """
import asyncio, json
from datetime import timedelta
from jejaring import world
from jejaring.db import connect, migrate
from jejaring.settings import settings
from referrals.clicks.models import Click
async def seed():
    await migrate.migrate(settings())
    await connect.connect(settings())
    from tests import make
    shop = await make.organisation()
    await make.product(shop, sku="KOPI-250", category="kopi")
    began = world.now() - timedelta(days=9)
    campaign = await make.campaign(shop, created_at=began, launched_at=began)
    links = []
    for _ in range(20):
        partner = await make.organisation("partner")
        links.append(await make.link(await make.enrolment(campaign, partner, approved_at=began)))
    clicks = [Click(id=world.token(22), at=world.now() - timedelta(hours=1), link_id=l.id,
                    enrolment_id=l.enrolment_id, campaign_id=l.campaign_id,
                    merchant_id=l.merchant_id, partner_id=l.partner_id, product_id=None,
                    kind="person", via="link", visitor=world.token(16))
              for i in range(CLICKS) for l in [links[i % len(links)]]]
    await Click.bulk_create(clicks)
    key = await make.key(shop)
    print(json.dumps({"key": key, "clicks": [c.id for c in clicks]}))
    await connect.disconnect()
asyncio.run(seed())
"""
# wrk's own thread draws a new order for each request; `ROUND` keeps the runs apart.
LUA = """
local clicks = { CLICK_IDS }
local n = 0
wrk.method = "POST"
wrk.headers["Authorization"] = "Bearer KEY"
wrk.headers["Content-Type"] = "application/json"
function sale()
  n = n + 1
  return '{"order_id":"ROUND-' .. n .. '","source":"website",' ..
    '"placed_at":"PLACED","state":"paid",' ..
    '"items":[{"sku":"KOPI-250","quantity":2,"unit_price":65000,"discount":0}],' ..
    '"discount":10000,"shipping":12000,"currency":"IDR","click_id":"' ..
    clicks[n % #clicks + 1] .. '"}'
end
function request()
  BODY
end
"""
SINGLE = "return wrk.format(nil, nil, nil, sale())"
BATCH = """local sales = {}
  for i = 1, 100 do sales[i] = sale() end
  return wrk.format(nil, nil, nil, '{"sales":[' .. table.concat(sales, ",") .. ']}')"""

# The anchor: what a sale must do at the least (performance.md), written by hand.
ANCHOR = """
import json, sqlite3, time
from jejaring.settings import settings
db = sqlite3.connect(settings().sqlite_path, isolation_level=None)
db.execute("PRAGMA journal_mode=WAL"); db.execute("PRAGMA synchronous=FULL")
clicks = [r[0] for r in db.execute("SELECT id FROM click LIMIT 4000")]
began, n = time.perf_counter(), 0
while time.perf_counter() - began < 4:
    n += 1
    sale, line, now = f"sal_{n:019}", f"lin_{n:019}", "2026-11-24 03:00:00.000000+00:00"
    db.execute("BEGIN IMMEDIATE")
    click = db.execute("SELECT id, at, link_id, enrolment_id, campaign_id, merchant_id, partner_id "
                       "FROM click WHERE id = ?", (clicks[n % len(clicks)],)).fetchone()
    terms = db.execute("SELECT number, body FROM terms_version WHERE campaign_id = ? AND "
                       "effective_at <= ? ORDER BY effective_at DESC LIMIT 1",
                       (click[4], "2027-01-01")).fetchone()
    rate = json.loads(terms[1])["rules"][0]["pay"]["rate_bp"]
    base, amount = 120000, 120000 * rate // 10000
    db.execute("INSERT INTO sale (id, merchant_id, source, order_id, state, placed_at, received_at,"
               " paid_at, items_total, discount, shipping, base, currency, click_id, content_hash,"
               " version, notes) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
               (sale, click[5], "website", f"RAW-{n}", "paid", now, now, now, 130000, 10000, 12000,
                base, "IDR", click[0], "0" * 64, 1, "[]"))
    db.execute("INSERT INTO sale_line (id, sale_id, position, sku, quantity, unit_price, discount,"
               " base) VALUES (?,?,?,?,?,?,?,?)", (line, sale, 1, "KOPI-250", 2, 65000, 0, base))
    db.execute("INSERT INTO touch (sale_id, touch_id, by, at, enrolment_id, partner_id,"
               " campaign_id, won, reason) VALUES (?,?,?,?,?,?,?,?,?)",
               (sale, click[0], "click", click[1], click[3], click[6], click[4], 1, "last_touch"))
    db.execute("INSERT INTO credit (id, sale_id, line_id, enrolment_id, partner_id, campaign_id,"
               " share_bp, by, touch_id, touch_at, item, terms_number, because, created_at)"
               " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
               (f"crd_{n:019}", sale, line, click[3], click[6], click[4], 10000, "click", click[0],
                click[1], "direct", 1, "{}", now))
    key = f"accrue:{line}:{click[3]}:0"
    db.execute("INSERT INTO commission (id, merchant_id, partner_id, enrolment_id, campaign_id,"
               " sale_id, line_id, key, kind, rule, rule_index, terms_number, base, rate_bp,"
               " share_bp, amount, state, month, because, created_at)"
               " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
               (f"com_{n:019}", click[5], click[6], click[3], click[4], sale, line, key, "percent",
                "Semua", 0, 1, base, rate, 10000, amount, "pending", "2026-11", "{}", now))
    account = f"partner:{click[6]}:pending"
    entry = db.execute("INSERT INTO ledger_entry (merchant_id, key, event, content_hash, at, memo)"
                       " VALUES (?,?,?,?,?,?)", (click[5], key, "accrue", "0" * 64, now, "{}"))
    db.execute("INSERT INTO ledger_posting (entry_id, merchant_id, from_account, to_account,"
               " amount) VALUES (?,?,?,?,?)",
               (entry.lastrowid, click[5], "expense:commission", account, amount))
    db.execute("INSERT INTO ledger_balance (merchant_id, account, amount) VALUES (?,?,?)"
               " ON CONFLICT (merchant_id, account) DO UPDATE SET"
               " amount = ledger_balance.amount + excluded.amount", (click[5], account, amount))
    for name, owner in (("sale.recorded", click[5]), ("commission.accrued", click[6])):
        db.execute("INSERT INTO event (event_id, organisation_id, name, subject, data, at)"
                   " VALUES (?,?,?,?,?,?)", (f"evt_{n}{name[0]}", owner, name, sale, "{}", now))
    db.execute("COMMIT")
print(n / (time.perf_counter() - began))
"""
PLACED = """
from jejaring import world
print(world.now().isoformat())
"""


def run() -> list[Figure]:
    """Three rounds of anchor, ours, anchor; the middle ratio of each counts."""
    singles: list[tuple[float, float, float]] = []
    batches: list[tuple[float, float, float]] = []
    for _ in range(ROUNDS):
        before = raw()
        one, many = ours()
        anchor = (before + raw()) / 2
        singles.append((one / anchor, one, anchor))
        batches.append((many / anchor, many, anchor))
    found = []
    for name, rounds, must in (
        ("sales, one a request, 32 at once, sqlite", singles, 0.25),
        ("sales, batches of 100, sqlite", batches, 1.5),
    ):
        middle = statistics.median_low([ratio for ratio, *_ in rounds])
        _, value, anchor = next(r for r in rounds if r[0] == middle)
        found.append(beside(name, value, anchor, must))
    return found


def raw() -> float:
    """Raw sqlite3, sales a second, on a database of the same tables."""
    with server.database("sqlite") as url:
        server.inside(url, f"CLICKS = {CLICKS}\n{SEED}")
        return float(server.inside(url, ANCHOR))


def ours() -> tuple[float, float]:
    """Through HTTP, sales a second: one a request with 32 at once, and batches of 100."""
    with server.database("sqlite") as url, tempfile.TemporaryDirectory() as folder:
        seeded = json.loads(server.inside(url, f"CLICKS = {CLICKS}\n{SEED}"))
        placed = server.inside(url, PLACED)
        with server.jejaring(url) as (base, _):
            script = Path(folder) / "sale.lua"

            def load(name: str, body: str, path: str, connections: int, seconds: int) -> float:
                script.write_text(_script(seeded, placed, name, body))
                return server.wrk(base + path, connections, seconds, script).per_second

            load("warm", SINGLE, "/v1/sales", 32, 1)
            one = load("one", SINGLE, "/v1/sales", 32, 6)
            many = load("many", BATCH, "/v1/sales/batch", 2, 6)
    return one, many * 100


def _script(seeded: dict[str, object], placed: str, name: str, body: str) -> str:
    clicks = seeded["clicks"]
    assert isinstance(clicks, list)
    ids = ",".join(f'"{c}"' for c in clicks)
    made = LUA.replace("CLICK_IDS", ids).replace("BODY", body).replace("ROUND", name)
    return made.replace("KEY", str(seeded["key"])).replace("PLACED", placed)
