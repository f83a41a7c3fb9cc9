"""What is left under the limits, and what tiers have sold, read under the locks that keep it so."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from campaigns.lifecycle import budget
from campaigns.terms import versions
from campaigns.terms.rules import MARGIN, Month, Terms, Worth
from jejaring.db import sql
from referrals.attribution.evidence import Evidence
from referrals.attribution.models import Credit
from referrals.commissions import rules
from referrals.commissions.models import Commission

SoFar = dict[tuple[str, str], dict[str, int]]
Kept = Mapping[str, Mapping[tuple[int, str], int]]


@dataclass
class Limits:
    """What is left under the limits, kept while a batch is priced: `months` by (enrolment, month)
    and rule name in rupiah, `volumes` likewise what tiers have sold, `budgets` by campaign (absent:
    no limit), `taken` of these.
    """

    months: SoFar = field(default_factory=dict)
    volumes: SoFar = field(default_factory=dict)
    budgets: dict[str, int] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)

    def so_far(self, enrolment_id: str, month: str) -> dict[str, int]:
        """The month's rupiah by rule; changed as rows are added."""
        return self.months.setdefault((enrolment_id, month), {})

    def take(self, campaign_id: str, wanted: int) -> int:
        """What the budget grants of the wanted rupiah, and take it."""
        left = self.budgets.get(campaign_id)
        granted = wanted if left is None else max(min(left, wanted), 0)
        if left is not None:
            self.budgets[campaign_id] = left - granted
        self.taken[campaign_id] = self.taken.get(campaign_id, 0) + granted
        return granted

    def grant(self, worth: Worth, terms: Terms, place: tuple[str, str, str]) -> Worth:
        """The worth of what hangs on no order, cut to the month's limits and the budget, and taken
        of both; `place`: its enrolment, campaign and month.
        """
        enrolment_id, campaign_id, month = place
        so_far = self.so_far(enrolment_id, month)
        (worth,) = rules.month_limited([worth], terms, so_far)
        (worth,) = rules.budget_limited([worth], self.take(campaign_id, worth.amount))
        so_far[worth.rule] = so_far.get(worth.rule, 0) + worth.amount
        return worth

    async def reserve(self) -> None:
        """Write down what was taken of the budgets, whose rows are locked since they were read."""
        for campaign_id in sorted(self.taken):
            if self.taken[campaign_id]:
                limited = campaign_id in self.budgets
                await budget.take(campaign_id, self.taken[campaign_id], limited=limited)


@dataclass
class Room:
    """What budgets and months still hold for what comes again: `budgets` and `months` as in
    `Limits`, `terms` by (campaign, number); absent: no limit.
    """

    terms: Mapping[tuple[str, int], Terms]
    months: SoFar
    budgets: dict[str, int]

    def take(self, row: Commission, wanted: int) -> tuple[int, str | None]:
        """What is left for the row of the wanted rupiah, taken; and which limit kept the rest back
        (`month_cap`, `budget_spent`). A margin has no limits.
        """
        if row.kind == MARGIN:
            return wanted, None
        terms = self.terms.get((row.campaign_id, row.terms_number))
        so_far = self.months.setdefault((row.enrolment_id, row.month), {})
        month = None if terms is None else rules.left_in_month(terms, row.rule_index, so_far)
        left = {"month_cap": month, "budget_spent": self.budgets.get(row.campaign_id)}
        lefts = {why: max(n, 0) for why, n in left.items() if n is not None and n < wanted}
        why = min(lefts, key=lefts.__getitem__, default=None)
        granted = wanted if why is None else lefts[why]
        so_far[row.rule] = so_far.get(row.rule, 0) + granted
        if row.campaign_id in self.budgets:
            self.budgets[row.campaign_id] -= granted
        return granted, why

    def count(self, rows: Iterable[Commission]) -> None:
        """Count rows of the month that are not stored yet."""
        for row in rows:
            if row.kind != MARGIN and row.state != "rejected":
                so_far = self.months.setdefault((row.enrolment_id, row.month), {})
                so_far[row.rule] = so_far.get(row.rule, 0) + row.amount - row.reversed


async def lock_for(rows: Sequence[Commission]) -> dict[str, int]:
    """Lock the rows' campaigns, then their enrolments, both by id; what is left of the budgets."""
    left = budget.left(await budget.lock({row.campaign_id for row in rows}))
    await lock_enrolments({row.enrolment_id for row in rows})
    return left


async def room_for(rows: Sequence[Commission]) -> Room:
    """Lock for the rows, and read what is left for them. What the transaction has changed of
    commissions must be stored.
    """
    left = await lock_for(rows)
    numbers = {(row.campaign_id, row.terms_number) for row in rows}
    terms = await versions.by_numbers(numbers)
    limited = [r for r in rows if _has_month_limit(terms.get((r.campaign_id, r.terms_number)))]
    months: dict[str, set[str]] = {}
    for row in limited:
        months.setdefault(row.enrolment_id, set()).add(row.month)
    return Room(terms, await months_so_far(months), left)


@dataclass
class Sold:
    """One order's month for its tiers: `volumes` by (enrolment, month), which grow as lines are
    priced; `kept` what stood before lines that were priced earlier, by enrolment.
    """

    month: str = ""
    volumes: SoFar = field(default_factory=dict)
    kept: Kept = field(default_factory=dict)

    def of(self, enrolment_id: str) -> Month:
        """The partner's month."""
        volumes = self.volumes.get((enrolment_id, self.month), {})
        return Month(volumes, self.kept.get(enrolment_id, {}))

    def add(self, enrolment_id: str, rows: Iterable[Worth]) -> None:
        """Count the lines that tiers decided for the first time."""
        kept = self.kept.get(enrolment_id, {})
        volumes = self.volumes.setdefault((enrolment_id, self.month), {})
        for row in rows:
            if row.before is not None and (row.position, row.rule) not in kept:
                volumes[row.rule] = volumes.get(row.rule, 0) + row.base


async def limits_for(
    found: Evidence,
    orders: Sequence[tuple[str, list[Credit]]],
    further: Mapping[str, set[str]] | None = None,
) -> Limits:
    """Lock the campaigns, then the enrolments that have a month's limit (both by id), and read what
    is left; for the month and the credits of each order.
    """
    given = [c for _, made in orders for c in made]
    if not given:
        return Limits()
    left = budget.left(await budget.lock({c.campaign_id for c in given}))
    months = {place: set(found_months) for place, found_months in (further or {}).items()}
    tiers: dict[str, set[str]] = {}
    for month, made in orders:
        for credit in made:
            terms = found.terms_by(credit.campaign_id, credit.terms_number)
            if _has_month_limit(terms):
                months.setdefault(credit.enrolment_id, set()).add(month)
            if any(rule.kind == "tiers" for rule in terms.rules):
                tiers.setdefault(credit.enrolment_id, set()).add(month)
    await lock_enrolments({*months, *tiers})
    return Limits(months=await months_so_far(months), volumes=await volumes(tiers), budgets=left)


async def lock_enrolments(ids: Collection[str]) -> None:
    """Lock enrolments by id, after their campaigns (SQLite has one writer anyway)."""
    if not ids or sql.on_sqlite():
        return
    marks = ", ".join("?" * len(ids))
    await sql.rows(
        f"SELECT id FROM enrolment WHERE id IN ({marks}) ORDER BY id FOR UPDATE",  # noqa: S608
        sorted(ids),
    )


def _has_month_limit(terms: Terms | None) -> bool:
    return terms is not None and (
        terms.max_per_partner_month is not None
        or any(rule.max_per_partner_month is not None for rule in terms.rules)
    )


async def months_so_far(wanted: Mapping[str, set[str]]) -> SoFar:
    if not wanted:
        return {}
    ids = sorted(wanted)
    marks = ", ".join("?" * len(ids))
    months = sorted({m for ms in wanted.values() for m in ms})
    rows = await sql.rows(
        "SELECT enrolment_id, month, rule, sum(amount - reversed) AS n FROM commission "  # noqa: S608
        f"WHERE enrolment_id IN ({marks}) AND month IN ({', '.join('?' * len(months))}) "
        "AND state <> 'rejected' AND kind <> 'margin' GROUP BY enrolment_id, month, rule",
        [*ids, *months],
    )
    found: SoFar = {}
    for row in rows:
        found.setdefault((row["enrolment_id"], row["month"]), {})[row["rule"]] = int(row["n"])
    return found


async def volumes(wanted: Mapping[str, set[str]]) -> SoFar:
    """What each enrolment's tiers have sold in the months, by rule: the bases of their lines less
    refunds, times the share; nothing of closed orders.
    """
    if not wanted:
        return {}
    months = sorted({m for ms in wanted.values() for m in ms})
    rows = await sql.rows(
        "SELECT c.enrolment_id, c.month, c.rule, "  # noqa: S608
        "sum(((l.base - l.refunded) * c.share_bp + 5000) / 10000) AS n FROM ("
        "SELECT DISTINCT enrolment_id, month, rule, line_id, share_bp, sale_id FROM commission "
        f"WHERE kind = 'tiers' AND state <> 'rejected' AND enrolment_id IN "
        f"({', '.join('?' * len(wanted))}) AND month IN ({', '.join('?' * len(months))})"
        ") c JOIN sale_line l ON l.id = c.line_id JOIN sale s ON s.id = c.sale_id "
        "WHERE s.state NOT IN ('cancelled', 'returned') "
        "GROUP BY c.enrolment_id, c.month, c.rule",
        [*sorted(wanted), *months],
    )
    found: SoFar = {}
    for row in rows:
        found.setdefault((row["enrolment_id"], row["month"]), {})[row["rule"]] = int(row["n"])
    return found
