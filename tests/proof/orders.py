"""A part of the model: campaigns, orders, and what refunds and disputes take of their lines."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from tests.proof.books import Pair, Row, half_up, share_out

JAKARTA = timezone(timedelta(hours=7))
CLOSED = ("cancelled", "returned")
FORWARD = ("placed", "paid", "delivered", "completed")
Terms = dict[str, Any]
MARKETPLACES = ("shopee", "tokopedia", "tiktok", "lazada")


@dataclass(eq=False)
class Campaign:
    """A campaign over the whole shop: its first terms and `later` ones, from when each counts;
    `ended` when its budget was spent; `gaps` from an end to the top-up that revived it.
    """

    name: str
    shop: str
    terms: Terms
    budget: int | None = None
    began: datetime | None = None
    reserved: int = 0
    ended: datetime | None = None
    later: list[tuple[datetime, Terms]] = field(default_factory=list)
    gaps: list[tuple[datetime, datetime]] = field(default_factory=list)

    def at(self, instant: datetime) -> Terms:
        """The version of a sale: the latest in force by then."""
        found = [(since, number) for number, (since, _) in enumerate(self.later)]
        known = max((one for one in found if one[0] <= instant), default=None)
        return self.terms if known is None else self.later[known[1]][1]

    def live_at(self, at: datetime) -> bool:
        assert self.began is not None
        gone = any(start <= at < end for start, end in self.gaps)
        return self.began <= at and not gone and (self.ended is None or at < self.ended)

    def top_up(self, budget: int | None, now: datetime) -> int:
        """Only a larger budget; it revives what the spent one has ended."""
        if budget == self.budget:
            return 200
        if self.budget is None or (budget is not None and budget < self.budget):
            return 409
        self.budget = budget
        if self.ended is not None and self.left != 0:
            self.gaps.append((self.ended, now))
            self.ended = None
        return 200

    def amend(self, terms: Terms, since: datetime) -> int:
        if self.ended is not None:
            return 409
        self.later.append((since, terms))
        return 201

    @property
    def left(self) -> int | None:
        return None if self.budget is None else max(self.budget - self.reserved, 0)

    def grant(self, wanted: int, now: datetime) -> int:
        granted = wanted if self.left is None else min(wanted, self.left)
        self.reserved += granted
        if granted and self.left == 0 and self.ended is None:
            self.ended = now
        return granted


@dataclass(eq=False)
class Place:
    """An enrolment; `coupon` names it on orders."""

    campaign: Campaign
    partner: str
    coupon: str
    joined: datetime

    @property
    def pair(self) -> Pair:
        return (self.campaign.shop, self.partner)


@dataclass(eq=False)
class Line:
    """A line of an order, which keeps its number for ever."""

    number: int
    sku: str
    quantity: int
    base: int
    refunded: int = 0
    returned: int = 0
    # Credited to its own buyer.
    selfish: bool = False

    @property
    def left(self) -> int:
        return self.base - self.refunded


@dataclass(eq=False)
class Taking:
    """A refund or a dispute: what it says, and what it took of each line."""

    name: str
    amount: int | None
    items: list[tuple[int, int]]
    state: str = "waiting"
    came: datetime | None = None
    took: dict[int, int] = field(default_factory=dict)
    asked: dict[int, int] = field(default_factory=dict)


@dataclass(eq=False)
class Group:
    """What one line earns by one rule: `entitled` before its refunds; `before`: sold this month
    in front of it; `short`: cut by the budget.
    """

    line: Line
    rule: dict[str, Any]
    entitled: int
    before: int
    made: datetime
    short: bool = False
    rows: list[Row] = field(default_factory=list)

    @property
    def net(self) -> int:
        return sum(row.rest for row in self.rows if row.on_books)

    @property
    def off(self) -> bool:
        return any(row.state == "rejected" for row in self.rows)


@dataclass(eq=False)
class Order:
    """An order as it was last said to be."""

    shop: str
    name: str
    source: str
    said: tuple[Any, ...]
    state: str
    placed: datetime
    place: Place | None
    updated: datetime | None = None
    paid: datetime | None = None
    delivered: datetime | None = None
    lines: list[Line] = field(default_factory=list)
    takings: list[Taking] = field(default_factory=list)
    disputes: dict[str, Taking] = field(default_factory=dict)
    groups: dict[tuple[int, str], Group] = field(default_factory=dict)
    number: int = 0
    counted: str = ""
    buyer: Any = None
    terms: Terms = field(default_factory=dict)

    @property
    def closed(self) -> bool:
        return self.state in CLOSED

    @property
    def month(self) -> str:
        """Whose limits count: what it was first counted under, wherever its day is moved to."""
        return self.counted or month_of(self.placed)

    @property
    def counts(self) -> datetime | None:
        """From when its holds run."""
        if self.closed:
            return None
        if self.delivered is not None:
            return self.delivered
        if self.paid is not None and self.source not in MARKETPLACES:
            return self.paid + timedelta(days=14)
        return None

    def move(self, state: str, at: datetime) -> None:
        self.state = state
        if state == "placed":
            self.paid = self.delivered = None
        elif not self.closed:
            self.paid = self.paid or at
            self.delivered = None if state == "paid" else self.delivered or at


def month_of(at: datetime) -> str:
    return at.astimezone(JAKARTA).strftime("%Y-%m")


def may_move(now: str, to: str) -> bool:
    if now == to:
        return True
    return now not in CLOSED and (to in CLOSED or FORWARD.index(to) > FORWARD.index(now))


def bases(items: list[dict[str, int]], discount: int) -> list[int]:
    """Per line: net of its discount and its part of the order's."""
    nets = [item["quantity"] * item["unit_price"] - item["discount"] for item in items]
    return [net - part for net, part in zip(nets, share_out(discount, nets), strict=True)]


def still_due(entitled: int, line: Line, *, closed: bool) -> int:
    """What is left of it after the line's refunds."""
    if closed:
        return 0
    if line.base == 0:
        return 0 if line.returned >= line.quantity else entitled
    return entitled - half_up(entitled * line.refunded, line.base)


def top_up(order: Order, later: Iterable[Taking]) -> None:
    """What was cut short takes what is left now, in the order in which it came."""
    for taking in later:
        left = {line.number: line.left for line in order.lines}
        more: dict[int, int] = {}
        if taking.amount is not None:
            short = min(taking.amount - sum(taking.took.values()), sum(left.values()))
            if short:
                more = dict(zip(left, share_out(short, list(left.values())), strict=True))
        for number, asked in taking.asked.items():
            more[number] = min(asked - taking.took.get(number, 0), left.get(number, 0))
        for number, amount in more.items():
            taking.took[number] = taking.took.get(number, 0) + amount
        retake(order)


def retake(order: Order) -> None:
    """What was refunded of each line is what its refunds say, at most its base."""
    for line in order.lines:
        taken = [t for t in order.takings if t.state == "applied"]
        units = [n for t in taken for number, n in t.items if number == line.number]
        line.refunded = min(sum(t.took.get(line.number, 0) for t in taken), line.base)
        line.returned = min(sum(units), line.quantity)
