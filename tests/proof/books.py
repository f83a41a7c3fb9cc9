"""Half of the model: what is owed once it is earned (items, runs, payouts), from the written rules.

Knows nothing of the product: domain.md, postings.md and docs/money.md only. A refused step answers
the status that the API should, and changes nothing.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Any

Pair = tuple[str, str]
MINIMUM = 10_000
METHOD_WAIT = timedelta(hours=48)
# What is known of a payout already, said again.
_SAID = {
    ("succeeded", "paid"),
    ("failed", "failed"),
    ("returned", "failed"),
    ("returned", "returned"),
}


def half_up(number: int, parts: int) -> int:
    return floor(Fraction(number, parts) + Fraction(1, 2))


def share_out(whole: int, weights: list[int]) -> list[int]:
    """By largest remainder, ties to the earlier; alike where all weights are 0."""
    if sum(weights) == 0:
        weights = [1 for _ in weights]
    exact = [Fraction(whole * weight, sum(weights)) for weight in weights]
    parts = [floor(part) for part in exact]
    while sum(parts) < whole:
        short = [part - given for part, given in zip(exact, parts, strict=True)]
        parts[short.index(max(short))] += 1
    return parts


@dataclass(eq=False)
class Row:
    """A commission: `state` is where its own money stands (payable stays so in a payout)."""

    pair: Pair
    place: Any
    campaign: Any
    terms: dict[str, Any] | None
    group: Any
    kind: str
    rule: str
    month: str
    made: datetime
    amount: int
    order: Any = None
    line: int | None = None
    further: bool = False
    parent: "Row | None" = None
    reversed: int = 0
    state: str = "pending"
    decided: datetime | None = None
    reason: str = ""
    appealed: bool = False
    appeal_open: bool = False

    @property
    def rest(self) -> int:
        return self.amount - self.reversed

    @property
    def on_books(self) -> bool:
        return self.state in ("pending", "held", "payable")


@dataclass(eq=False)
class Item:
    """An amount that is safe to pay: of a commission, or of a payout whose money came back."""

    pair: Pair
    source: "Row | Payout | Gift"
    rest: int
    since: datetime
    payout: "Payout | None" = None


@dataclass(eq=False)
class Gift:
    """Goodwill: an amount by hand."""

    pair: Pair
    amount: int
    reason: str
    withdrawn: bool = False


@dataclass(eq=False)
class Account:
    """Where a partner is paid from this instant on."""

    number: str
    since: datetime


@dataclass(eq=False)
class Payout:
    """Gross less netted, to one partner."""

    pair: Pair
    gross: int
    netted: int
    state: str = "approved"


@dataclass(eq=False)
class Run:
    """A preview's lines: for each partner what is netted, where it is paid to and which items, at
    which rest.
    """

    shop: str
    lines: dict[Pair, tuple[int, Account, list[tuple[Item, int]]]]
    skipped: dict[Pair, str]
    state: str = "preview"
    payouts: dict[Pair, Payout] = field(default_factory=dict)
    id: str = ""
    ids: dict[Pair, str] = field(default_factory=dict)


@dataclass
class Books:
    """Items, runs and debts; `accounts`: where the partners are paid, the last perhaps later."""

    accounts: dict[str, list[Account]] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    owed: Counter[Pair] = field(default_factory=Counter)
    settled: dict[str, Counter[Pair]] = field(
        default_factory=lambda: {"write-off": Counter(), "repay": Counter()}
    )
    known: dict[tuple[str, str, str], tuple[str, int]] = field(default_factory=dict)
    gifts: dict[tuple[str, str], Gift] = field(default_factory=dict)
    # What has happened, by its name in `happened.py`.
    met: Counter[str] = field(default_factory=Counter)

    def happens(self, what: str, really: object = True) -> None:
        self.met[what] += bool(really)

    def of(self, source: Row | Payout | Gift) -> list[Item]:
        return [item for item in self.items if item.source is source]

    def pay_in(self, pair: Pair, source: Row | Payout | Gift, amount: int, now: datetime) -> None:
        if amount:
            self.items.append(Item(pair, source, amount, now))

    def take_back(self, row: Row, amount: int) -> None:
        """From what is in no payout, the oldest first; the rest is owed back."""
        for item in self.of(row):
            if item.payout is None:
                part = min(item.rest, amount)
                item.rest -= part
                amount -= part
        self.owed[row.pair] += amount
        self.happens("owed back", amount)

    def give_again(self, row: Row, amount: int, now: datetime) -> None:
        """In a payout or paid: first against what is owed back, the rest as a new item."""
        if self.standing(row) in ("in_payout", "paid"):
            settled = min(amount, self.owed[row.pair])
            self.owed[row.pair] -= settled
            amount -= settled
            self.happens("given again against a debt", settled)
            self.happens("given again as a new item", amount)
        self.pay_in(row.pair, row, amount, now)

    def was_in_payout(self, row: Row) -> bool:
        return any(item.payout for item in self.of(row))

    def standing(self, row: Row) -> str | None:
        """Where its money is now; the least advanced part counts, of what is not taken back."""
        ladder = ("payable", "in_payout", "paid")
        found = [(rest == 0, ladder.index(state)) for state, rest in self._leaves(row)]
        return ladder[min(found)[1]] if found else None

    def _leaves(self, source: Row | Payout) -> list[tuple[str, int]]:
        """Each item's state and rest, followed to where its money came back."""
        found = []
        for item in self.of(source):
            if item.payout is None:
                found.append(("payable", item.rest))
            elif item.payout.state in ("failed", "returned", "cancelled"):
                found += self._leaves(item.payout)
            else:
                paid = item.payout.state == "succeeded"
                found.append(("paid" if paid else "in_payout", item.rest))
        return found

    def paid_to(self, partner: str, number: str, now: datetime) -> None:
        """The first counts at once, another one after two days; one takes a waiting one back."""
        known = self.accounts.setdefault(partner, [])
        if known and known[-1].number == number:
            return
        if known and known[-1].since > now:
            known.pop()
            self.happens("waiting account taken back")
        if not known or known[-1].number != number:
            known.append(Account(number, now + METHOD_WAIT if known else now))

    def _account(self, partner: str, now: datetime) -> Account | str:
        """Where the partner is paid now, or why not."""
        known = self.accounts.get(partner)
        if not known:
            return "no_method"
        return "method_waiting" if known[-1].since > now else known[-1]

    def preview(self, shop: str, until: datetime, now: datetime) -> Run:
        mine: dict[Pair, list[Item]] = {}
        for item in self.items:
            if item.pair[0] == shop and item.payout is None and item.rest and item.since <= until:
                mine.setdefault(item.pair, []).append(item)
        lines: dict[Pair, tuple[int, Account, list[tuple[Item, int]]]] = {}
        skipped: dict[Pair, str] = {}
        for pair, items in mine.items():
            net = sum(item.rest for item in items) - self.owed[pair]
            if net <= 0:
                skipped[pair] = "nothing_left"
            elif net < MINIMUM:
                skipped[pair] = "below_minimum"
            elif isinstance(account := self._account(pair[1], now), str):
                skipped[pair] = account
            else:
                lines[pair] = (self.owed[pair], account, [(item, item.rest) for item in items])
        run = Run(shop, lines, skipped)
        for reason in skipped.values():
            self.happens(f"skipped: {reason}")
        self.runs.append(run)
        return run

    def approve(self, run: Run, now: datetime) -> int:
        if run.state != "preview":
            return 409 if run.state == "cancelled" else 200
        for pair, (netted, account, items) in run.lines.items():
            same = all(item.payout is None and item.rest == rest for item, rest in items)
            same &= self._account(pair[1], now) is account
            if not same or self.owed[pair] != netted:
                self.happens("run changed")
                return 409
        for pair, (netted, _, items) in run.lines.items():
            payout = run.payouts[pair] = Payout(pair, sum(rest for _, rest in items), netted)
            self.owed[pair] -= netted
            self.happens("netted", netted)
            for item, _ in items:
                item.payout = payout
                self.happens("paid what came back", isinstance(item.source, Payout))
        run.state = "approved"
        self._finish(run)
        return 200

    def _finish(self, run: Run) -> None:
        if not any(payout.state in ("approved", "sending") for payout in run.payouts.values()):
            run.state = "done"

    def send(self, run: Run) -> int:
        """The CSV carries everybody: what was approved is now being sent."""
        if run.state not in ("approved", "done"):
            return 409
        for payout in run.payouts.values():
            if payout.state == "approved":
                payout.state = "sending"
        return 200

    def cancel(self, run: Run, now: datetime) -> int:
        if run.state == "cancelled":
            return 200
        if run.state == "done" or any(p.state != "approved" for p in run.payouts.values()):
            return 409
        for payout in run.payouts.values():
            self._back(payout, "cancelled", now)
        run.state = "cancelled"
        return 200

    def _back(self, payout: Payout, state: str, now: datetime) -> None:
        """All of it as one new item; what was netted stays settled."""
        self.happens(f"payout {state}")
        self.happens("paid payout returned", payout.state == "succeeded")
        self.happens("netted payout came back", payout.netted)
        payout.state = state
        self.pay_in(payout.pair, payout, payout.gross - payout.netted, now)

    def settle(self, run: Run, payout: Payout, outcome: str, now: datetime) -> int:
        open_ = payout.state in ("approved", "sending")
        if (payout.state, outcome) in _SAID:
            return 200
        if not open_ and (payout.state != "succeeded" or outcome == "paid"):
            return 409
        if outcome == "paid":
            payout.state = "succeeded"
        else:
            # A late "failed" is a return: the bank's money moved twice.
            self._back(payout, "failed" if open_ and outcome == "failed" else "returned", now)
        if run.state == "approved":
            self._finish(run)
        return 200

    def settle_debt(self, pair: Pair, way: str, amount: int, reference: str) -> int:
        known = self.known.get((pair[0], way, reference))
        if known is not None:
            return 200 if known == (pair[1], amount) else 409
        if amount > self.owed[pair]:
            return 409
        self.known[pair[0], way, reference] = (pair[1], amount)
        self.owed[pair] -= amount
        self.settled[way][pair] += amount
        return 201

    def give(self, pair: Pair, amount: int, reason: str, reference: str, now: datetime) -> int:
        known = self.gifts.get((pair[0], reference))
        if known is not None:
            same = (known.pair, known.amount, known.reason) == (pair, amount, reason)
            return 200 if same and not known.withdrawn else 409
        gift = self.gifts[pair[0], reference] = Gift(pair, amount, reason)
        self.pay_in(pair, gift, amount, now)
        return 201

    def withdraw(self, gift: Gift) -> int:
        """Whole, and only before a payout has it."""
        if not gift.withdrawn and any(item.payout for item in self.of(gift)):
            self.happens("goodwill that was in a payout stays")
            return 409
        self.happens("goodwill withdrawn", not gift.withdrawn)
        gift.withdrawn = True
        for item in self.of(gift):
            item.rest = 0
        return 200

    def balance(self, pair: Pair, rows: list[Row]) -> dict[str, int]:
        """What `/v1/balance` should say of the pair."""
        every = [payout for run in self.runs for payout in run.payouts.values()]
        mine = [payout for payout in every if payout.pair == pair]

        def sent(*states: str) -> int:
            return sum(p.gross - p.netted for p in mine if p.state in states)

        own = [row for row in rows if row.pair == pair]
        return {
            "pending": sum(row.rest for row in own if row.state == "pending"),
            "held": sum(row.rest for row in own if row.state == "held"),
            "payable": sum(i.rest for i in self.items if i.pair == pair and i.payout is None),
            "in_payout": sent("approved", "sending"),
            "paid": sent("succeeded"),
            "owed_back": self.owed[pair],
            "written_off": self.settled["write-off"][pair],
            "repaid": self.settled["repay"][pair],
            # Earned: what was accrued less what was reversed, whatever has been paid of it.
            "earned": sum(row.rest for row in own if row.on_books)
            + sum(g.amount for g in self.gifts.values() if g.pair == pair and not g.withdrawn),
        }
