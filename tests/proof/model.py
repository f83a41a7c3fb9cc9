"""The model: every step of the history, worked out anew from the written rules.

With its parts (`books`, `orders`, `earning`, `months`) it knows nothing of the product: domain.md,
postings.md, docs/money.md and the decisions only. It has one credit per order (by its coupon or by
hand). Each step answers the status that the API should; a refused one changes nothing.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.proof.books import Row, half_up, share_out
from tests.proof.clicked import HELD, Clicked
from tests.proof.earning import share_due
from tests.proof.orders import (
    Line,
    Order,
    Place,
    Taking,
    bases,
    may_move,
    month_of,
    retake,
    still_due,
    top_up,
)

APPEAL = timedelta(days=30)
KEPT = timedelta(days=90)
Name = tuple[str, str]


@dataclass
class Model(Clicked):
    """What the installation should hold."""

    refunds: dict[tuple[str, str, str], Taking] = field(default_factory=dict)

    # Orders

    def sale(self, name: Name, body: dict[str, Any], place: Place | None) -> int:
        """POST: the order as it is first heard of."""
        known = self.orders.get(name)
        if known is not None:
            return 200 if known.said == said(body) else 409
        live = place is not None and self._live(place, body["placed_at"])
        order = Order(
            *name, body["source"], said(body), body["state"], body["placed_at"],
            place if live else None, body["updated_at"], number=len(self.orders),
            buyer=body["buyer"],
        )  # fmt: skip
        order.move(body["state"], max(body["updated_at"] or self.now, order.placed))
        self.orders[name] = order
        self._lines(order, body)
        for line in order.lines:
            line.selfish = order.place is not None and body["buyer"] is not None
        self.accrue(order)
        waiting = [t for key, t in self.refunds.items() if key[:2] == name and t.state == "waiting"]
        for taking in waiting:
            if not self._apply(order, taking):
                taking.state = "refused"
            self.happens("waiting refund taken", taking.took)
        return 201

    def _live(self, place: Place, at: datetime) -> bool:
        return place.joined <= at and place.campaign.live_at(at)

    def _lines(self, order: Order, body: dict[str, Any]) -> None:
        """Matched by sku, then by order among equals; a dropped line stays with nothing on it."""
        free = list(order.lines)
        for gone in order.lines:
            gone.quantity = gone.base = 0
        for item, base in zip(body["items"], bases(body["items"], body["discount"]), strict=True):
            known = next((one for one in free if one.sku == item["sku"]), None)
            selfish = any(line.selfish for line in order.lines)
            line = known or Line(len(order.lines) + 1, item["sku"], 0, 0, selfish=selfish)
            (free.remove if known else order.lines.append)(line)
            line.quantity, line.base = item["quantity"], base
        retake(order)

    def put(self, name: Name, body: dict[str, Any], place: Place | None) -> int:
        """PUT: the order as it is now; its credit stays."""
        order = self.orders.get(name)
        if order is None:
            return self.sale(name, body, place)
        last, told = order.updated, body["updated_at"]
        if last is not None and told is not None and told < last:
            return 200
        newer = told is not None and (last is None or told > last)
        state = body["state"] if newer or may_move(order.state, body["state"]) else order.state
        if order.said == said(body) and state == order.state:
            order.updated = told or order.updated
            return 200
        was_closed = order.closed
        order.move(state, told or self.now)
        order.updated, order.said = told, said(body)
        moved = month_of(body["placed_at"]) != month_of(order.placed)
        self.happens("order moved to another month", moved and order.groups)
        order.placed = body["placed_at"]
        if was_closed and not order.closed:
            self.settle(order)
            self.happens("order reopened", self.of_order(order))
        self._lines(order, body)
        self.reprice(order)
        return 200

    def state(self, order: Order, state: str) -> int:
        if state != order.state:
            if not may_move(order.state, state):
                return 409
            order.move(state, self.now)
            if order.closed:
                self.settle(order)
        return 200

    # Refunds and disputes

    def refund(self, name: Name, taking: Taking) -> int:
        known = self.refunds.get((*name, taking.name))
        if known is not None:
            same = (known.amount, sorted(known.items)) == (taking.amount, sorted(taking.items))
            return 200 if same else 409
        order = self.orders.get(name)
        taking.came = self.now
        if order is not None and not self._apply(order, taking):
            return 422
        self.refunds[(*name, taking.name)] = taking
        return 202 if order is None else 201

    def _apply(self, order: Order, taking: Taking) -> bool:
        lines = {line.number: line for line in order.lines}
        if taking.amount is not None:
            left = [line.left for line in order.lines]
            parts = share_out(min(taking.amount, sum(left)), left) if sum(left) else []
            took = {line.number: n for line, n in zip(order.lines, parts, strict=False) if n}
        else:
            units: dict[int, int] = {}
            for number, quantity in taking.items:
                units[number] = units.get(number, 0) + quantity
            if any(n not in lines or q > lines[n].quantity - lines[n].returned
                   for n, q in units.items()):  # fmt: skip
                return False
            took = {n: _units(lines[n], q, taking) for n, q in units.items()}
            for number, quantity in units.items():
                lines[number].returned += quantity
        for number, amount in took.items():
            lines[number].refunded += amount
        taking.took, taking.state = took, "applied"
        order.takings.append(taking)
        self.settle(order, gives=False)
        return True

    def dispute(self, order: Order, name: str, outcome: str, amount: int | None) -> int:
        known = order.disputes.get(name)
        if known is None:
            left = sum(line.left for line in order.lines)
            asked = left if amount is None and outcome == "lost" else amount
            made = order.disputes[name] = Taking(name, asked, [], "undone", self.now)
            if outcome == "lost":
                self._apply(order, made)
            return 201
        if None not in (amount, known.amount) and amount != known.amount:
            return 409
        if outcome == "lost" or known.state == "undone":
            return 200
        known.state = "undone"
        later = order.takings[order.takings.index(known) + 1 :]
        order.takings.remove(known)
        retake(order)
        top_up(order, later)
        before = self._sent_again()
        self.give_again(order)
        self.happens("dispute won after it was paid", self._sent_again() > before)
        return 201

    def _sent_again(self) -> int:
        return sum(n for what, n in self.books.met.items() if what.startswith("given again"))

    def give_again(self, order: Order) -> None:
        """What was taken comes again; what a line earns beyond that is a further row."""
        short = any(
            still_due(group.entitled, group.line, closed=order.closed)
            > sum(row.amount for row in group.rows)
            for group in order.groups.values()
            if not group.off
        )
        self.settle(order)
        if short:
            self.reprice(order)

    # Decisions

    def credit(self, order: Order, place: Place | None) -> int:
        if place is not None and place.campaign.shop != order.shop:
            return 422
        if place is not None and not self._live(place, order.placed):
            return 409
        if place is order.place and not any(line.selfish for line in order.lines):
            return 200
        rows = [r for r in self.rows if r.order is order and r.reason != "recredited"]
        if any(row.state == "payable" and self.books.was_in_payout(row) for row in rows):
            return 409
        for row in rows:
            if row.on_books:
                self.happens("credited to another", row.rest)
                self._off(row, "recredited")
            row.reason, row.appeal_open = "recredited", False
        before = order.place and order.place.campaign
        same = place is not None and place.campaign is before
        order.place, order.groups = place, {}
        for line in order.lines:
            line.selfish = False
        self.accrue(order, order.terms if same else None)
        self.settle(order)
        return 200

    def _off(self, row: Row, reason: str) -> None:
        """What is left of it leaves the books."""
        row.campaign.reserved -= row.rest
        self._empty(row)
        row.state, row.reason, row.decided, row.appealed = "rejected", reason, self.now, False

    def _empty(self, row: Row) -> None:
        for item in self.books.of(row):
            item.rest = 0

    def _group(self, row: Row) -> list[Row]:
        return [row] if row.group is None else list(row.group.rows)

    def hold(self, row: Row) -> int:
        if row.state == "held":
            return 200
        if row.state == "rejected" or row.rest == 0 or self.books.was_in_payout(row):
            return 409
        self.happens("payable held", row.state == "payable")
        self._empty(row)
        row.state, row.decided, row.appealed = "held", self.now, False
        return 200

    def unhold(self, row: Row) -> int:
        if row.state != "held":
            return 409
        self.happens("let go")
        row.state, row.decided, row.appeal_open = "pending", None, False
        return 200

    def reject(self, row: Row) -> int:
        if row.state == "rejected":
            return 200 if row.reason == "fake_order" else 409
        rows = [each for each in self._group(row) if each.on_books]
        if row.rest == 0 or any(self.books.was_in_payout(each) for each in rows):
            return 409
        for each in rows:
            self.happens("payable rejected", each.state == "payable")
            self._off(each, "fake_order")
        row.appeal_open = False
        self.follow(rows)
        return 200

    def appeal(self, row: Row) -> int:
        """The partner's word."""
        off = row.state == "rejected" and row.reason in ("fake_order", "self_referral")
        if row.state != "held" and not off:
            return 409
        if self.now > (row.decided or row.made) + APPEAL or row.appeal_open or row.appealed:
            return 409
        row.appealed = row.appeal_open = True
        return 201

    def answer(self, row: Row, outcome: str) -> int:
        """The merchant's answer to what is open."""
        if outcome == "won" and row.state == "held":
            row.state, row.decided = "pending", None
            self.happens("held one let go by an appeal")
        elif outcome == "won" and row.state == "rejected":
            rows = [r for r in self._group(row) if r.reason in ("fake_order", "self_referral")]
            wanted = sum(each.rest for each in rows)
            due = self.within_month(row, min(self._due_now(row, wanted), wanted))
            left = row.campaign.left
            if left is not None and due > left:
                self.happens("appeal beyond the budget")
                return 409
            row.campaign.grant(due, self.now)
            self.happens("self-referral appealed", row.reason == "self_referral" and due)
            if row.reason == "self_referral":
                row.group.line.selfish = False
            for each in rows:
                each.state, each.reason, each.decided = "pending", "", None
            row.campaign.reserved += wanted - due  # which is taken back at once
            self.lower(rows, wanted - due)
            self.happens("rejected one back by an appeal")
            self.happens("less back than was rejected", due < wanted)
            self.follow(rows)
        row.appeal_open = False
        return 200

    def _due_now(self, row: Row, whole: int) -> int:
        """What a rejected row's line, by its refunds since, or its parent still gives."""
        if row.parent is not None:
            return share_due(row)
        if row.group is None:
            return whole
        group = row.group
        return still_due(group.entitled, group.line, closed=row.order.closed)

    # The clock

    def tick(self) -> None:
        """What the clock does after every step: what is safe becomes payable."""
        for row in self.rows:
            due = self.release_at(row)
            if row.state == "pending" and due is not None and due <= self.now:
                row.state = "payable"
                self.books.pay_in(row.pair, row, row.rest, self.now)

    def night(self) -> None:
        """What it does once days have passed."""
        self.tick()
        self.months_end()
        for taking in self.refunds.values():
            assert taking.came is not None
            if taking.state == "waiting" and taking.came < self.now - KEPT:
                taking.state = "dropped"
                self.happens("waiting refund dropped")

    def release_at(self, row: Row) -> datetime | None:
        """When its hold is over; None: not known yet."""
        if row.parent is not None:
            return self.release_at(row.parent)
        if row.order is None or row.terms is None:
            return row.made + (HELD if row.kind == "per_click" else timedelta(0))
        counts: datetime | None = row.order.counts
        if counts is None:
            return None
        start = max(counts, row.made) if row.further else counts
        return start + timedelta(days=int(row.terms["hold_days"]))

    def shown(self, row: Row) -> str:
        """The state that the API should show."""
        standing = self.books.standing(row) if row.state == "payable" else None
        if row.state == "rejected":
            return "rejected"
        if standing in ("in_payout", "paid"):
            return str(standing)
        return "reversed" if row.rest == 0 else row.state


def said(body: dict[str, Any]) -> tuple[Any, ...]:
    """The content of a body: everything but when it was updated."""
    items = [tuple(sorted(item.items())) for item in body["items"]]
    buyer = body["buyer"] and body["buyer"]["email"]
    return (body["placed_at"], body["state"], items, body["discount"], body["coupon"], buyer)


def _units(line: Line, units: int, taking: Taking) -> int:
    """n of N units take base × n / N, the last one all that is left; never more than is left."""
    after = line.returned + units
    worth = half_up(line.base * after, line.quantity)
    worth -= half_up(line.base * line.returned, line.quantity)
    took = line.left if after == line.quantity else min(worth, line.left)
    taking.asked[line.number] = max(worth, took)
    return took
