"""What is owed, as arithmetic: limits, holds, refunds, keys and the moves of each event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from campaigns.terms.rules import MARGIN, Terms, Worth
from jejaring.kit.money import half_up, split
from jejaring.ledger import accounts
from jejaring.ledger.rules import Move

ON_BOOKS = ("pending", "held", "payable")

# The reason of a commission whose order a person gave to somebody else.
RECREDITED = "recredited"

# The reason of one whose buyer is its own partner: off the books from the start.
SELF_REFERRAL = "self_referral"

# Under this name a commission says which limit kept a part of what should have come again.
KEPT_BACK = "kept_back"


def accrual_key(
    line_id: str, enrolment_id: str, rule_index: int, decision_id: str | None = None
) -> str:
    """Of the first commission of a line, partner and rule; with the decision that credited it."""
    key = f"accrue:{line_id}:{enrolment_id}:{rule_index}"
    return key if decision_id is None else f"{key}:{decision_id}"


def recredit_key(commission_id: str, decision_id: str) -> str:
    """Of taking a commission off the books because a person changed the credit."""
    return f"recredit:{commission_id}:{decision_id}"


def amend_key(commission_id: str, order_version: int) -> str:
    """Of the further commission when an order was raised; the id is the first row's."""
    return f"amend:{commission_id}:{order_version}"


def release_key(commission_id: str, times_held: int) -> str:
    """Counts the holds, so that release → hold → unhold → release does not meet itself."""
    return f"release:{commission_id}:{times_held}"


def cause_of_version(order_version: int) -> str:
    """The last part of a reversal's key where the order itself changed: `v3`."""
    return f"v{order_version}"


def reverse_key(commission_id: str, cause: str) -> str:
    """cause is a refund's id or `v{order version}`."""
    return f"reverse:{commission_id}:{cause}"


def share_key(commission_id: str, enrolment_id: str) -> str:
    """Of a recruiter's share of a commission."""
    return f"accrue:{commission_id}:{enrolment_id}:recruiter"


def click_key(day: str, enrolment_id: str, rule: str) -> str:
    """Of what a day's clicks earn."""
    return f"accrue:click-{day}:{enrolment_id}:{rule}"


def post_key(submission_id: str, enrolment_id: str, rule: str) -> str:
    """Of what an accepted post earns."""
    return f"accrue:{submission_id}:{enrolment_id}:{rule}"


def true_up_key(enrolment_id: str, rule: str, month: str) -> str:
    """Of what a month's end adds; what it takes back goes by `trueup:{commission}:{month}`."""
    return f"trueup:{enrolment_id}:{rule}:{month}"


def reinstate_key(commission_id: str, cause: str) -> str:
    """As `reverse_key`, for what comes back."""
    return f"reinstate:{commission_id}:{cause}"


def limited(amounts: Sequence[int], left: int | None) -> list[int]:
    """The amounts if they fit into what is left (None: no limit); else what is left, split by
    largest remainder of what each would have paid.
    """
    if left is None or sum(amounts) <= left:
        return list(amounts)
    return split(max(left, 0), amounts)


def month_limited(
    worths: Sequence[Worth], terms: Terms, so_far: Mapping[str, int]
) -> tuple[Worth, ...]:
    """One partner's worths of one order under the limits per partner and month.

    so_far: rupiah by rule name that this month already holds (accrued less reversed). First each
    rule's own limit, then the one over all rules; what is cut carries the note `month_cap`.
    """
    rows = list(worths)
    for index in {row.rule_index for row in rows}:
        left = _left_of_rule(terms, index, so_far)
        places = [i for i, row in enumerate(rows) if row.rule_index == index]
        rows = _cut(rows, places, left, "month_cap")
    return tuple(_cut(rows, range(len(rows)), _left_over_all(terms, so_far), "month_cap"))


def left_in_month(terms: Terms, rule_index: int, so_far: Mapping[str, int]) -> int | None:
    """Rupiah that the limits per partner and month leave a rule (-1: what no rule of the list
    pays), below 0 where more is there already; None: no limit.
    """
    own = None if rule_index < 0 else _left_of_rule(terms, rule_index, so_far)
    lefts = [left for left in (own, _left_over_all(terms, so_far)) if left is not None]
    return min(lefts, default=None)


def _left_of_rule(terms: Terms, index: int, so_far: Mapping[str, int]) -> int | None:
    cap = terms.rules[index].max_per_partner_month
    return None if cap is None else cap - so_far.get(terms.rules[index].name, 0)


def _left_over_all(terms: Terms, so_far: Mapping[str, int]) -> int | None:
    cap = terms.max_per_partner_month
    return None if cap is None else cap - sum(so_far.values())


def without_order_limits(terms: Terms) -> Terms:
    """The terms before any limit per order: for partners who share an order (`order_limited`)."""
    if all(rule.max_per_order is None for rule in terms.rules):
        return terms
    return replace(terms, rules=tuple(replace(r, max_per_order=None) for r in terms.rules))


def of_budget(kind: str, amount: int) -> int:
    """What an amount of this kind takes of a campaign's budget: a margin nothing."""
    return 0 if kind == MARGIN else amount


def order_limited(worths: Sequence[Worth], terms: Terms) -> tuple[Worth, ...]:
    """The worths of all partners of one order under each rule's limit per order, split by largest
    remainder of what each would have paid; what is cut carries the note `max_per_order`.
    """
    rows = list(worths)
    for index in {row.rule_index for row in rows if row.rule_index >= 0}:
        places = [i for i, row in enumerate(rows) if row.rule_index == index]
        rows = _cut(rows, places, terms.rules[index].max_per_order, "max_per_order")
    return tuple(rows)


def overall_limited(
    worths: Sequence[Worth], terms: Terms, so_far: Mapping[str, int]
) -> tuple[Worth, ...]:
    """The same under the limit over all rules only, for what no rule of the list pays."""
    left = _left_over_all(terms, so_far)
    return tuple(_cut(list(worths), range(len(worths)), left, "month_cap"))


def budget_limited(worths: Sequence[Worth], granted: int) -> tuple[Worth, ...]:
    """Worths of one campaign and order when its budget granted `granted` rupiah; what is cut
    carries the note `budget_spent`.
    """
    return tuple(_cut(list(worths), range(len(worths)), granted, "budget_spent"))


def resized(worth: Worth, amount: int) -> Worth:
    """The worth with another amount (the part of it that is new)."""
    return replace(worth, amount=amount)


def _cut(rows: list[Worth], places: Sequence[int], left: int | None, note: str) -> list[Worth]:
    amounts = [rows[i].amount for i in places]
    for i, amount in zip(places, limited(amounts, left), strict=True):
        if amount != rows[i].amount:
            rows[i] = replace(rows[i], amount=amount, notes=(*rows[i].notes, note))
    return rows


@dataclass(frozen=True)
class LineNow:
    """A line as its commissions see it: base and refunded in rupiah, returned of quantity; closed
    when the whole order is cancelled or returned.
    """

    base: int
    refunded: int
    quantity: int
    returned: int
    closed: bool


def still_due(entitled: int, line: LineNow) -> int:
    """What is left of `entitled` rupiah after the line's refunds.

    entitled − round half up(entitled × refunded / base); with base 0 all, until the whole quantity
    is returned; nothing once the order is closed. So refunds that reach the base reverse exactly
    all of it.
    """
    if line.closed:
        return 0
    if line.base == 0:
        return 0 if line.returned >= line.quantity else entitled
    return entitled - half_up(entitled * min(line.refunded, line.base), line.base)


def share_due(amount: int, parent: tuple[int, int], *, off: bool) -> int:
    """What is left of a recruiter's share: amount − round half up(amount × reversed / amount of its
    parent), so that one wholly reversed leaves nothing; nothing where the parent is off the books.
    `parent`: its amount and what of it is reversed.
    """
    whole, gone = parent
    if off:
        return 0
    return amount - half_up(amount * min(gone, whole), whole) if whole else amount


def entitled_for(due: int, line: LineNow) -> int:
    """What a line must be entitled to so that `due` rupiah are still due after its refunds: the
    inverse of `still_due`. `due` where nothing is left.

    Rounding moves the quotient by at most half a rupiah, and `still_due` takes the share that is
    left of that, under half a rupiah: so it rounds back to `due` exactly.
    """
    if line.closed or line.refunded >= line.base:
        return due
    return half_up(due * line.base, line.base - line.refunded)


@dataclass(frozen=True)
class PaidClick:
    """A click that counts, at so many rupiah; `proved`: its visitor's cookie came back."""

    amount: int
    proved: bool


@dataclass(frozen=True)
class ClickFee:
    """What a day's clicks earn, and which limit cut it."""

    amount: int
    notes: tuple[str, ...] = ()


def click_fee(clicks: Sequence[PaidClick], max_per_day: int) -> ClickFee:
    """The clicks of one enrolment, rule and day: those without a cookie that came back earn a fifth
    of `max_per_day` (rupiah, rounded down) at most, all together `max_per_day`.
    """
    sure = sum(click.amount for click in clicks if click.proved)
    loose = sum(click.amount for click in clicks if not click.proved)
    kept = min(loose, max_per_day // 5)
    amount = min(sure + kept, max_per_day)
    notes = [
        note
        for note, cut in (("no_cookie", kept < loose), ("max_per_day", amount < sure + kept))
        if cut
    ]
    return ClickFee(amount, tuple(notes))


def taken_from(amount: int, rests: Sequence[int]) -> list[int]:
    """A reversal of `amount` over the rows of one line, partner and rule, by largest remainder of
    what each has left; at most what they have.
    """
    return split(min(amount, sum(rests)), rests)


def release_time(counts_from: datetime | None, hold_days: int) -> datetime | None:
    """When the hold is over: hold_days after the order counts as delivered; None if it doesn't."""
    return None if counts_from is None else counts_from + timedelta(days=hold_days)


def amended_release_time(
    counts_from: datetime | None, made_at: datetime, hold_days: int
) -> datetime | None:
    """A further commission has a hold of its own: not before hold_days after it was made."""
    return None if counts_from is None else max(counts_from, made_at) + timedelta(days=hold_days)


def shown_state(state: str, amount: int, reversed_amount: int, standing: str | None) -> str:
    """What the outside sees: `rejected` as stored; `reversed` when nothing is left of an amount;
    a payable one as its item stands (payable, in_payout, paid); else as stored.
    """
    if state == "rejected":
        return state
    if state == "payable" and standing in ("in_payout", "paid"):
        return standing
    if amount > 0 and reversed_amount >= amount:
        return "reversed"
    return state


def accrue_moves(partner_id: str, amount: int) -> tuple[Move, ...]:
    """expense:commission → pending."""
    return _move(accounts.EXPENSE_COMMISSION, accounts.partner(partner_id, "pending"), amount)


def release_moves(partner_id: str, rest: int) -> tuple[Move, ...]:
    """pending → payable."""
    pending, payable = (accounts.partner(partner_id, part) for part in ("pending", "payable"))
    return _move(pending, payable, rest)


def reverse_moves(partner_id: str, state: str, amount: int, owed: int = 0) -> tuple[Move, ...]:
    """Where the row stands → expense:commission; `owed` of the amount belongs to an approved
    payout and comes out of owed_back.
    """
    back = accounts.partner(partner_id, "owed_back")
    here = accounts.partner(partner_id, state)
    return (
        *_move(here, accounts.EXPENSE_COMMISSION, amount - owed),
        *_move(back, accounts.EXPENSE_COMMISSION, owed),
    )


def reinstate_moves(partner_id: str, state: str, amount: int, owed: int = 0) -> tuple[Move, ...]:
    """expense:commission → where the row stands; `owed` of it first settles what is owed back."""
    back = accounts.partner(partner_id, "owed_back")
    here = accounts.partner(partner_id, state)
    return (
        *_move(accounts.EXPENSE_COMMISSION, back, owed),
        *_move(accounts.EXPENSE_COMMISSION, here, amount - owed),
    )


def _move(source: str, target: str, amount: int) -> tuple[Move, ...]:
    return (Move(source, target, amount),) if amount else ()
