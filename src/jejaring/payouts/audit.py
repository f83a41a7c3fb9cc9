"""`check` for money out: what the payouts and items say, against what the books say."""

from dataclasses import dataclass

from jejaring.db import sql
from jejaring.ledger import accounts, statements
from jejaring.ledger.rules import Difference
from jejaring.payouts import queries

ROOM = "payouts"

_PAYABLE = (
    "SELECT merchant_id, partner_id, CAST(SUM(amount - reversed) AS BIGINT) AS amount "
    "FROM payable_item WHERE payout_id IS NULL GROUP BY merchant_id, partner_id"
)
_IN_PAYOUT = (
    "SELECT merchant_id, partner_id, CAST(SUM(gross - netted) AS BIGINT) AS amount "
    "FROM payout WHERE state IN ('approved', 'sending') GROUP BY merchant_id, partner_id"
)
_NETTED = (
    "SELECT merchant_id, partner_id, CAST(SUM(netted) AS BIGINT) AS amount "
    "FROM payout GROUP BY merchant_id, partner_id"
)
_GROSS = (
    "SELECT p.id, p.gross, CAST(COALESCE(SUM(i.amount - i.reversed), 0) AS BIGINT) AS items "
    "FROM payout p LEFT JOIN payable_item i ON i.payout_id = p.id "
    "GROUP BY p.id, p.gross HAVING p.gross <> COALESCE(SUM(i.amount - i.reversed), 0)"
)
_STRAY = (
    "SELECT i.id, p.id AS payout FROM payable_item i JOIN payout p ON p.id = i.payout_id "
    "WHERE i.merchant_id <> p.merchant_id OR i.partner_id <> p.partner_id"
)
_NET = (
    "SELECT id, net, gross - netted - tax - fee AS wanted FROM payout "
    "WHERE net <> gross - netted - tax - fee"
)
_BACK = (
    "SELECT p.id, CASE WHEN p.state = 'returned' THEN p.net + p.tax "
    "WHEN p.state IN ('failed', 'cancelled') THEN p.gross - p.netted ELSE 0 END AS wanted, "
    "CAST(COALESCE(SUM(i.amount), 0) AS BIGINT) AS found FROM payout p "
    "LEFT JOIN payable_item i ON i.source_id = p.id AND i.merchant_id = p.merchant_id "
    "GROUP BY p.id, p.state, p.net, p.tax, p.gross, p.netted "
    "HAVING COUNT(i.id) > 1 OR COALESCE(SUM(i.amount), 0) <> CASE WHEN p.state = 'returned' "
    "THEN p.net + p.tax WHEN p.state IN ('failed', 'cancelled') THEN p.gross - p.netted ELSE 0 END"
)
_RUNS = (
    "SELECT r.id, r.state, COUNT(p.id) AS open FROM payout_run r "
    "LEFT JOIN payout p ON p.run_id = r.id AND p.state IN ('approved', 'sending') "
    "GROUP BY r.id, r.state HAVING (r.state <> 'approved' AND COUNT(p.id) > 0) "
    "OR (r.state = 'approved' AND COUNT(p.id) = 0)"
)
_POSTED_NETTING = (
    "SELECT merchant_id, to_account AS account, CAST(SUM(amount) AS BIGINT) AS amount "
    "FROM ledger_posting WHERE from_account LIKE 'partner:%:payable' "
    "AND to_account LIKE 'partner:%:owed_back' GROUP BY merchant_id, to_account"
)
_GRANTED = (
    "SELECT merchant_id, account, CAST(SUM(amount) AS BIGINT) AS amount FROM ("
    "SELECT merchant_id, to_account AS account, amount FROM ledger_posting "
    "WHERE from_account = 'expense:commission' UNION ALL "
    "SELECT merchant_id, from_account, -amount FROM ledger_posting "
    "WHERE to_account = 'expense:commission') sides GROUP BY merchant_id, account"
)
_SETTLED = (
    "SELECT merchant_id, partner_id, CAST(SUM(amount) AS BIGINT) AS amount FROM owed_settlement "
    "WHERE kind = '{kind}' AND state = 'done' GROUP BY merchant_id, partner_id"
)
Sums = dict[tuple[str, str], int]


@dataclass(frozen=True)
class _Check:
    what: str
    expected: Sums
    found: Sums


async def audit() -> list[Difference]:
    """Per merchant and partner: payable = Σ rest of items in no payout; in_payout = Σ G − N of
    open payouts; what was netted, written off and repaid; earned = what was granted less
    reversals. Per payout: gross is its items, net adds up, freed money is one item. Per run: its
    state fits its payouts.

    Call it inside one transaction (repeatable read on PostgreSQL), so that it sees one moment.
    """
    checks = [*await _balances(), *await _by_hand(), await _netted(), await _earned()]
    found = [
        Difference(ROOM, check.what, " ".join(pair), check.expected.get(pair, 0), value)
        for check in checks
        for pair in sorted(check.expected.keys() | check.found.keys())
        if (value := check.found.get(pair, 0)) != check.expected.get(pair, 0)
    ]
    return [*found, *await _payouts(), *await _runs()]


async def _sums(query: str) -> Sums:
    rows = await sql.rows(query)
    return {(row["merchant_id"], row["partner_id"]): int(row["amount"]) for row in rows}


async def _posted(query: str) -> Sums:
    found: Sums = {}
    for row in await sql.rows(query):
        pair = (row["merchant_id"], accounts.owner_of(row["account"]))
        found[pair] = found.get(pair, 0) + int(row["amount"])
    return found


async def _balances() -> list[_Check]:
    rows = await statements.balances()
    payable = {(row.merchant_id, row.partner_id): row.payable for row in rows}
    in_payout = {(row.merchant_id, row.partner_id): row.in_payout for row in rows}
    return [
        _Check("payable", await _sums(_PAYABLE), payable),
        _Check("in_payout", await _sums(_IN_PAYOUT), in_payout),
    ]


async def _by_hand() -> list[_Check]:
    """What was written off and repaid is what people decided."""
    rows = await statements.balances()
    off = {(row.merchant_id, row.partner_id): row.written_off for row in rows}
    repaid = {(row.merchant_id, row.partner_id): row.repaid for row in rows}
    return [
        _Check("written_off", await _sums(_SETTLED.format(kind="write_off")), off),
        _Check("repaid", await _sums(_SETTLED.format(kind="repay")), repaid),
    ]


async def _netted() -> _Check:
    return _Check("netted", await _sums(_NETTED), await _posted(_POSTED_NETTING))


async def _earned() -> _Check:
    """The balances that a partner sees add up to what the merchant granted."""
    paid = await queries.paid_by_pair()
    earned = {
        (row.merchant_id, row.partner_id): row.pending
        + row.held
        + row.payable
        + row.in_payout
        + paid.get((row.merchant_id, row.partner_id), 0)
        - row.owed_back
        - row.written_off
        - row.repaid
        for row in await statements.balances()
    }
    return _Check("earned", await _posted(_GRANTED), earned)


async def _payouts() -> list[Difference]:
    found = [
        Difference(ROOM, "gross", row["id"], row["items"], row["gross"])
        for row in await sql.rows(_GROSS)
    ]
    found += [
        Difference(ROOM, "net", row["id"], row["wanted"], row["net"])
        for row in await sql.rows(_NET)
    ]
    found += [
        Difference(ROOM, "item_of_another", row["id"], None, row["payout"])
        for row in await sql.rows(_STRAY)
    ]
    found += [
        Difference(ROOM, "money_back", row["id"], row["wanted"], row["found"])
        for row in await sql.rows(_BACK)
    ]
    return found


async def _runs() -> list[Difference]:
    return [
        Difference(ROOM, "run_state", row["id"], row["state"], f"{row['open']} open payouts")
        for row in await sql.rows(_RUNS)
    ]
