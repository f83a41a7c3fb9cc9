"""Who is paid what, who is skipped and why, what each outcome posts. Pure.

The entries and their keys are those of the ledger's book of postings (docs/money.md). Tax and fee
are 0 so far: the fee is borne by the merchant, and tax comes with its own room.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from jejaring.ledger import accounts
from jejaring.ledger.rules import Move

Outcome = Literal["paid", "failed", "returned"]
Reason = Literal["below_minimum", "no_method", "method_waiting", "nothing_left"]
Step = Literal["success", "fail", "return"]

OPEN = ("approved", "sending")
FREED = ("failed", "returned", "cancelled")


@dataclass(frozen=True)
class ItemFacts:
    """A payable item: `rest` is what is left of it after refunds."""

    id: str
    partner_id: str
    rest: int


@dataclass(frozen=True)
class MethodFacts:
    """A partner's payout method now: its id (None: no method), and whether a change waits."""

    id: str | None
    waiting: bool


@dataclass(frozen=True)
class Planned:
    """One payout of a run: gross − netted − tax − fee = net > 0."""

    partner_id: str
    items: tuple[ItemFacts, ...]
    gross: int
    netted: int
    tax: int
    fee: int
    net: int
    method_id: str


@dataclass(frozen=True)
class Skipped:
    """A partner with something payable who is not paid by this run, and why."""

    partner_id: str
    amount: int
    reason: Reason


@dataclass(frozen=True)
class Plan:
    """What a run would pay, by partner id."""

    payouts: tuple[Planned, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True)
class Totals:
    """Sums over a run's payouts."""

    gross: int
    netted: int
    tax: int
    fee: int
    net: int


def plan(
    items: Sequence[ItemFacts],
    owed: Mapping[str, int],
    methods: Mapping[str, MethodFacts],
    minimum: int,
) -> Plan:
    """One payout per partner with something left to send.

    What a partner owes back (`owed`, ≥ 0) is netted whole, or, where it is as much as or more than
    what is payable, not at all: it waits for a run with money to send (`nothing_left`). Then
    `below_minimum` (net < minimum), `no_method`, `method_waiting`, in this order. Items of rest 0
    are left out.
    """
    by_partner: dict[str, list[ItemFacts]] = {}
    for item in items:
        if item.rest > 0:
            by_partner.setdefault(item.partner_id, []).append(item)
    payouts: list[Planned] = []
    skipped: list[Skipped] = []
    for partner_id in sorted(by_partner):
        theirs = tuple(sorted(by_partner[partner_id], key=lambda item: item.id))
        gross = sum(item.rest for item in theirs)
        netted = owed.get(partner_id, 0)
        method = methods.get(partner_id, MethodFacts(None, False))
        reason = _why_not(gross - netted, minimum, method)
        if reason is not None:
            skipped.append(Skipped(partner_id, gross, reason))
            continue
        net, method_id = gross - netted, method.id or ""
        payouts.append(Planned(partner_id, theirs, gross, netted, 0, 0, net, method_id))
    return Plan(tuple(payouts), tuple(skipped))


def _why_not(net: int, minimum: int, method: MethodFacts) -> Reason | None:
    if net <= 0:
        return "nothing_left"
    if net < minimum:
        return "below_minimum"
    if method.id is None and not method.waiting:
        return "no_method"
    return "method_waiting" if method.waiting else None


def totals(payouts: Sequence[Planned]) -> Totals:
    """The sums that the run shows."""
    return Totals(
        sum(p.gross for p in payouts),
        sum(p.netted for p in payouts),
        sum(p.tax for p in payouts),
        sum(p.fee for p in payouts),
        sum(p.net for p in payouts),
    )


def lines_hash(payouts: Sequence[Planned]) -> str:
    """SHA-256 over every line, netting and method: what an approval must find unchanged."""
    flat = [
        [p.partner_id, p.netted, p.tax, p.fee, p.method_id, [[i.id, i.rest] for i in p.items]]
        for p in payouts
    ]
    return hashlib.sha256(json.dumps(flat, separators=(",", ":")).encode()).hexdigest()


def needs_second_person(net: int, limit: int | None, maker: str, approver: str) -> bool:
    """Whether somebody else must approve: above the limit (None: none) by the same person."""
    return limit is not None and net > limit and maker == approver


_STEPS: dict[tuple[str, Outcome], tuple[Step, ...]] = {
    ("approved", "paid"): ("success",),
    ("sending", "paid"): ("success",),
    ("succeeded", "paid"): (),
    ("approved", "failed"): ("fail",),
    ("sending", "failed"): ("fail",),
    ("failed", "failed"): (),
    # The bank said yes and later no: the money came back, so it is a return.
    ("succeeded", "failed"): ("return",),
    ("returned", "failed"): (),
    ("approved", "returned"): ("success", "return"),
    ("sending", "returned"): ("success", "return"),
    ("succeeded", "returned"): ("return",),
    ("returned", "returned"): (),
}
_REACHED: dict[Step, str] = {"success": "succeeded", "fail": "failed", "return": "returned"}


def steps(state: str, outcome: Outcome) -> tuple[Step, ...] | None:
    """What an outcome makes of a payout in a state: entries to post, none when it is known
    already; None where it contradicts what is known.
    """
    return _STEPS.get((state, outcome))


def reached(step: Step) -> str:
    """The state after a step."""
    return _REACHED[step]


@dataclass(frozen=True)
class PayoutFacts:
    """The money of a payout."""

    id: str
    partner_id: str
    gross: int
    netted: int
    tax: int
    fee: int
    net: int

    @property
    def reserved(self) -> int:
        """G − N: what its in_payout holds."""
        return self.gross - self.netted

    def freed(self, step: Step) -> int:
        """What comes back as one new payable item: all of it on a definite no, net and tax on a
        return (a fee that the partner bore stays borne).
        """
        return self.net + self.tax if step == "return" else self.reserved


def reserve_moves(payout: PayoutFacts) -> tuple[Move, ...]:
    """At approval: payable → owed_back N, payable → in_payout G − N."""
    payable = accounts.partner(payout.partner_id, "payable")
    return (
        Move(payable, accounts.partner(payout.partner_id, "owed_back"), payout.netted),
        Move(payable, accounts.partner(payout.partner_id, "in_payout"), payout.reserved),
    )


def step_moves(step: Step, payout: PayoutFacts) -> tuple[Move, ...]:
    """The entry of a step: success, fail (also a cancelled approval), return."""
    payable = accounts.partner(payout.partner_id, "payable")
    in_payout = accounts.partner(payout.partner_id, "in_payout")
    if step == "fail":
        return (Move(in_payout, payable, payout.reserved),)
    if step == "return":
        return (
            Move(accounts.CASH_OUT, payable, payout.net),
            Move(accounts.TAX_PPH21, payable, payout.tax),
        )
    return (
        Move(in_payout, accounts.TAX_PPH21, payout.tax),
        Move(in_payout, accounts.CASH_OUT, payout.net),
        Move(in_payout, accounts.EXPENSE_BANK_FEE, payout.fee),
    )


def bank_reference(day: str, letters: str) -> str:
    """`JJ261124-8F3KQ2ZP`: the payout's own reference at the bank, at most 18 of A–Z 0–9 and -."""
    return f"JJ{day}-{letters.upper()}"[:18]
