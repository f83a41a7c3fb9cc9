"""A part of the model: what tiers and bonuses come to when their month is over."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.proof.books import Row, half_up
from tests.proof.earning import Earning, Month, climbed, entitled_for
from tests.proof.orders import JAKARTA, Group, Line, Order, Place, Terms

LATE = timedelta(days=60)


def over(month: str) -> datetime:
    """The first instant after the month."""
    year, number = map(int, month.split("-"))
    return datetime(year + number // 12, number % 12 + 1, 1, tzinfo=JAKARTA)


@dataclass
class Months(Earning):
    """Settles each (place, rule, month) once."""

    def months_end(self) -> None:
        due = sorted(self.months, key=lambda key: (key[2], self.places.index(key[0]), key[1]))
        for key in due:
            if key not in self.settled and over(key[2]) <= self.now and self._settle_month(*key):
                self.settled.add(key)

    def _settle_month(self, place: Place, name: str, month: str) -> bool:
        """Whether its sales were final, or it is 60 days over."""
        lines, final = self._counted(place, month)
        if not final and self.now < over(month) + LATE:
            return False
        if self.months[place, name, month] == "bonus":
            ruled = [(o, line, rule) for o, line in lines if (rule := _rule(o, name, "bonus"))]
            if ruled:
                self._add((place, name, month), _bonus(ruled), ruled[-1][0].terms)
            return True
        orders = {id(line): order for order, line in lines}
        groups = [g for o, line in lines if (g := o.groups.get((line.number, name))) is not None]
        groups = [g for g in groups if g.rule["pay"]["kind"] == "tiers" and _open(g)]
        # The limits of the month itself are those of its last sale's terms.
        terms = orders[id(groups[-1].line)].terms if groups else {}
        groups.sort(key=lambda g: (g.made, g.before))
        due = _tiers(groups, orders)
        earned = sum(row.rest for group in groups for row in _open(group))
        if due > earned:
            self._add((place, name, month), due - earned, terms)
        elif due < earned:
            self._take(groups, earned - due)
        return True

    def _counted(self, place: Place, month: str) -> tuple[list[tuple[Order, Line]], bool]:
        """The lines that survived, and whether every hold is over."""
        found, final = [], True
        mine = [o for o in self.orders.values() if o.place is place and o.month == month]
        for order in sorted(mine, key=lambda o: (o.placed, o.number)):
            if order.closed:
                continue
            for line in (line for line in order.lines if not line.selfish):
                rows = self._of_line(order, line, place)
                states = {row.state for row in rows}
                counts = order.counts
                hold = timedelta(days=int(order.terms["hold_days"]))
                over = counts is not None and counts + hold <= self.now
                final &= over and not any(self._waits(row, hold) for row in rows)
                gone = line.left == 0 and (line.base > 0 or line.returned >= line.quantity)
                off = bool(states) and states <= {"held", "rejected"}
                if counts is not None and not gone and not off:
                    found.append((order, line))
        return found, final

    def _of_line(self, order: Order, line: Line, place: Place) -> list[Row]:
        rows = [row for row in self.of_order(order) if row.line == line.number]
        return [row for row in rows if row.place is place and row.parent is None]

    def _waits(self, row: Row, hold: timedelta) -> bool:
        later = row.further and row.made + hold > self.now
        return row.state == "held" or (row.state == "pending" and later)

    def _add(self, key: Month, amount: int, terms: Terms) -> None:
        """More is a row of its own, within the limits, payable at once."""
        place, name, month = key
        so_far = self.so_far(place, month)
        whole = terms.get("max_per_partner_month")
        rule = next(r for r in terms["rules"] if r["name"] == name)
        own = (rule.get("max_per_partner_month"), so_far.get(name, 0))
        for cap, held in (own, (whole, sum(so_far.values()))):
            if cap is not None:
                amount = min(amount, max(cap - held, 0))
        amount = place.campaign.grant(amount, self.now)
        if amount:
            row = Row(place.pair, place, place.campaign, None, None, self.months[key], name, month,
                      self.now, amount, state="payable")  # fmt: skip
            self.rows.append(row)
            self.books.pay_in(row.pair, row, amount, self.now)
            self.happens("bonus" if row.kind == "bonus" else "month trued up")

    def _take(self, groups: list[Group], amount: int) -> None:
        """Less is taken by what each has left; each line keeps what it is then entitled to."""
        rows = [row for group in groups for row in _open(group)]
        self.happens("month trued down")
        self.lower(rows, amount)
        self.follow(rows)
        before = 0
        for group in groups:
            group.entitled = entitled_for(sum(r.rest for r in _open(group)), group.line)
            group.before = before
            before += group.line.left


def _open(group: Group) -> list[Row]:
    return [row for row in group.rows if row.state in ("pending", "payable")]


def _rule(order: Order, name: str, kind: str) -> dict[str, Any] | None:
    """The order's rule of that name and kind."""
    found = (r for r in order.terms["rules"] if (r["name"], r["pay"]["kind"]) == (name, kind))
    return next(found, None)


def _bonus(lines: list[tuple[Order, Line, dict[str, Any]]]) -> int:
    """Once, by the order that reaches the target, by the terms that it was sold under."""
    orders: set[int] = set()
    volume = 0
    for order, line, rule in lines:
        pay = rule["pay"]
        orders.add(order.number)
        volume += line.left
        if "at_sales" in pay and len(orders) >= pay["at_sales"]:
            return int(pay["amount"])
        if "at_volume" in pay and volume >= pay["at_volume"]:
            return int(pay["amount"])
    return 0


def _tiers(groups: list[Group], orders: dict[int, Order]) -> int:
    """Every line anew, by its own terms: marginal ones continue the volume, whole ones have the
    rate that it reached.
    """
    volume = sum(group.line.left for group in groups)
    per_order: dict[int, list[int]] = {}
    caps: dict[int, int | None] = {}
    before = 0
    for group in groups:
        rule = group.rule
        steps = rule["pay"]["steps"]
        rate = [step["rate_bp"] for step in steps if step["from"] <= volume][-1]
        left = group.line.left
        amount = climbed(steps, before, left)
        if rule["pay"]["mode"] == "whole":
            amount = half_up(left * rate, 10_000)
        if group.short:
            amount = min(amount, sum(row.rest for row in _open(group)))
        number = orders[id(group.line)].number
        per_order.setdefault(number, []).append(amount)
        caps[number] = rule.get("max_per_order")
        before += left
    due = sum(_at_most(sum(amounts), caps[number]) for number, amounts in per_order.items())
    return _at_most(due, groups[-1].rule.get("max_per_partner_month")) if groups else 0


def _at_most(amount: int, cap: int | None) -> int:
    return amount if cap is None else min(amount, cap)
