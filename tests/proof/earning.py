"""A part of the model: what orders earn, within their limits, as rows that follow them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.proof.books import Books, Pair, Row, half_up, share_out
from tests.proof.orders import Campaign, Group, Line, Order, Place, Terms, still_due

BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
Month = tuple[Place, str, str]
Worth = tuple[Line, dict[str, Any], int, int]


def fit(amounts: list[int], left: int | None) -> list[int]:
    """The amounts within what is left, by largest remainder of what each would have paid."""
    if left is None or sum(amounts) <= left:
        return amounts
    return share_out(max(left, 0), amounts)


def within(worths: list[Worth], left: int | None) -> list[Worth]:
    """The worths within what the month has left; self-referrals take nothing of it."""
    amounts = iter(fit([worth[2] for worth in worths if not worth[0].selfish], left))
    return [w if w[0].selfish else (w[0], w[1], next(amounts), w[3]) for w in worths]


def climbed(steps: list[dict[str, int]], before: int, base: int) -> int:
    """What a base earns that continues the month's volume, rounded once."""
    ends = [step["from"] for step in steps[1:]] + [before + base + 1]
    total = 0
    for step, end in zip(steps, ends, strict=True):
        part = min(end, before + base) - max(step["from"], before)
        total += max(part, 0) * step["rate_bp"]
    return half_up(total, 10_000)


def entitled_for(due: int, line: Line) -> int:
    """What a line is entitled to if this much is due after its refunds."""
    return due if line.left <= 0 else half_up(due * line.base, line.left)


def share_due(row: Row) -> int:
    parent = row.parent
    if parent is None or not parent.on_books:
        return 0
    if not parent.amount:
        return row.amount
    return row.amount - half_up(row.amount * parent.reversed, parent.amount)


def _amounts(pay: dict[str, Any], lines: list[Line], befores: list[int]) -> list[int]:
    if pay["kind"] == "percent":
        return [half_up(line.base * pay["rate_bp"], 10_000) for line in lines]
    if pay["kind"] == "per_item":
        return [pay["amount"] * line.quantity for line in lines]
    if pay["kind"] == "per_order":
        return share_out(pay["amount"], [line.base for line in lines])
    if pay["mode"] == "whole":
        return [0] * len(lines)
    pairs = zip(befores, lines, strict=True)
    return [climbed(pay["steps"], before, line.base) for before, line in pairs]


@dataclass
class Earning:
    """The part of the model that earns: prices, limits, rows."""

    books: Books = field(default_factory=Books)
    rows: list[Row] = field(default_factory=list)
    orders: dict[tuple[str, str], Order] = field(default_factory=dict)
    recruiter: dict[Pair, str] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    # By place, rule and month: tiers or bonus; and which are settled.
    months: dict[Month, str] = field(default_factory=dict)
    settled: set[Month] = field(default_factory=set)
    now: datetime = BEFORE

    def happens(self, what: str, really: object = True) -> None:
        self.books.happens(what, really)

    def campaigns(self) -> list[Campaign]:
        return list(dict.fromkeys(place.campaign for place in self.places))

    def sold(self, place: Place, month: str, rule: str) -> int:
        """The month's volume under a rule of tiers."""
        groups = (g for o in self.orders.values() if self._counts(o, place, month)
                  for g in o.groups.values())  # fmt: skip
        return sum(g.line.left for g in groups if g.rule["name"] == rule and g.rows and not g.off)

    def _counts(self, order: Order, place: Place, month: str) -> bool:
        return order.place is place and order.month == month and not order.closed

    def so_far(self, place: Place, month: str, without: Order | None = None) -> dict[str, int]:
        """Rupiah by rule that the month holds; of an order that is priced anew, not its own."""
        found: dict[str, int] = {}
        for row in self.rows:
            own = row.order is without and without is not None and row.parent is None
            if row.place is place and row.month == month and row.on_books and not own:
                found[row.rule] = found.get(row.rule, 0) + row.rest
        return found

    def worths(self, order: Order, new: Order | None) -> list[Worth]:
        """Line, rule, amount, volume before: under the limits per order and month."""
        if order.place is None:
            return []
        terms = order.terms
        base = sum(line.base for line in order.lines)
        chosen: dict[int, list[Line]] = {}
        # A line that the order no longer has takes no part.
        for line in (line for line in order.lines if line.quantity):
            held = (i for i, rule in enumerate(terms["rules"])
                    if rule["pay"]["kind"] not in ("bonus", "per_click")
                    and base >= rule["when"].get("min_order", 0))  # fmt: skip
            index = next(held, None)
            if index is not None:
                chosen.setdefault(index, []).append(line)
        rows = []
        so_far = self.so_far(order.place, order.month, new)
        for index, lines in chosen.items():
            rule = terms["rules"][index]
            befores = self._befores(order, rule, lines)
            whole = _amounts(rule["pay"], lines, befores)
            amounts = fit(whole, rule.get("max_per_order"))
            self.happens("cut by a limit", amounts != whole)
            cap = rule.get("max_per_partner_month")
            made = list(zip(lines, [rule] * len(lines), amounts, befores, strict=True))
            rows += within(made, None if cap is None else cap - so_far.get(rule["name"], 0))
        rows.sort(key=lambda row: row[0].number)
        cap = terms.get("max_per_partner_month")
        return within(rows, None if cap is None else cap - sum(so_far.values()))

    def _befores(self, order: Order, rule: dict[str, Any], lines: list[Line]) -> list[int]:
        """A line keeps the place in its month that it got; a new one comes after all others."""
        if rule["pay"]["kind"] != "tiers" or order.place is None:
            return [0] * len(lines)
        found, volume = [], self.sold(order.place, order.month, rule["name"])
        for line in lines:
            known = order.groups.get((line.number, rule["name"]))
            known = known if known and known.rows else None
            found.append(volume if known is None else known.before)
            volume += line.base if known is None else 0
        return found

    def accrue(self, order: Order, kept: Terms | None = None) -> None:
        """What a new order, or one that was given to another (of the campaign under whose terms it
        stays, `kept`, wherever its day was moved), earns.
        """
        if order.place is not None:
            order.terms = order.place.campaign.at(order.placed) if kept is None else kept
        self._open_months(order)
        if order.place is None or order.closed:
            return
        self.happens("sold under later terms", order.terms is not order.place.campaign.terms)
        worths = self.worths(order, None)
        wanted = sum(worth[2] for worth in worths if not worth[0].selfish)
        granted = order.place.campaign.grant(wanted, self.now)
        for worth, given in zip(worths, within(worths, granted), strict=True):
            line, rule, asked, before = worth
            amount = given[2]
            group = Group(line, rule, amount, before, self.now, short=amount < asked)
            self.happens("cut by the budget", group.short)
            order.groups[line.number, rule["name"]] = group
            self._row(order, group, amount)
        self._share(order)

    def _open_months(self, order: Order) -> None:
        if order.place is not None and not all(line.selfish for line in order.lines):
            for rule in order.terms["rules"]:
                if rule["pay"]["kind"] in ("tiers", "bonus"):
                    key = (order.place, rule["name"], order.month)
                    self.months.setdefault(key, rule["pay"]["kind"])

    def _row(self, order: Order, group: Group, amount: int, *, further: bool = False) -> None:
        assert order.place is not None
        place = order.place
        row = Row(
            place.pair, place, place.campaign, order.terms, group, group.rule["pay"]["kind"],
            group.rule["name"], order.month, self.now, amount, order, group.line.number, further,
        )  # fmt: skip
        if group.line.selfish:
            row.state, row.reason = "rejected", "self_referral"
            self.happens("self-referral", amount)
        group.rows.append(row)
        self.rows.append(row)
        order.counted = order.month
        self.happens("further row", further and amount)

    def _share(self, order: Order) -> None:
        """The recruiter's part of each row that this step has made."""
        assert order.place is not None
        terms = order.terms.get("recruiter")
        by = self.recruiter.get(order.place.pair)
        theirs = [p for p in self.places if p.pair == (order.shop, by)]
        if terms is None or not theirs or not self._sold_lately(order, by, terms):
            return
        same = [p for p in theirs if p.campaign is order.place.campaign]
        place = (same or theirs)[0]
        fresh = [row for row in self.rows if row.order is order and row.made == self.now]
        for row in [r for r in fresh if r.amount and r.parent is None and r.on_books]:
            amount = half_up(row.amount * terms["rate_bp"], 10_000)
            cap = order.terms.get("max_per_partner_month")
            if cap is not None:
                room = cap - sum(self.so_far(place, order.month).values())
                amount = min(amount, max(room, 0))
            amount = row.campaign.grant(amount, self.now)
            share = replace(row, pair=place.pair, place=place, group=None, kind="recruiter",
                            rule="recruiter", amount=amount, parent=row, reversed=0)  # fmt: skip
            self.rows.append(share)
            self.happens("recruiter's share", amount)

    def _sold_lately(self, order: Order, by: str | None, terms: dict[str, int]) -> bool:
        since = order.placed - timedelta(days=terms["active_days"])
        return any(
            o.place is not None and o.place.pair == (order.shop, by) and not o.closed
            and since <= o.placed <= order.placed and not all(line.selfish for line in o.lines)
            for o in self.orders.values()
        )  # fmt: skip

    def lower(self, rows: list[Row], amount: int) -> None:
        """Take back of rows, by largest remainder of what each has left."""
        for row, part in zip(rows, share_out(amount, [row.rest for row in rows]), strict=True):
            if part:
                row.reversed += part
                row.campaign.reserved -= part
                self.happens("recruiter's share taken back", row.parent)
                if row.state == "payable":
                    self.books.take_back(row, part)

    def raise_again(self, rows: list[Row], amount: int) -> None:
        """Give again what was taken back, as far as the month's limits and the budget go."""
        wanted = min(amount, sum(row.reversed for row in rows))
        amount = self.within_month(rows[0], wanted)
        self.happens("kept back by the month's limit", amount < wanted)
        amount = rows[0].campaign.grant(amount, self.now)
        for row, part in zip(rows, share_out(amount, [row.reversed for row in rows]), strict=True):
            if part:
                row.reversed -= part
                self.happens("recruiter's share given again", row.parent)
                if row.state == "payable":
                    self.books.give_again(row, part, self.now)

    def within_month(self, row: Row, amount: int) -> int:
        """The amount, or what the limits per partner and month leave of it."""
        if row.terms is None:  # made at a month's end, under no version of its own
            return amount
        so_far, terms = self.so_far(row.place, row.month), row.terms
        caps = [(terms.get("max_per_partner_month"), sum(so_far.values()))]
        if row.group is not None:
            caps.append((row.group.rule.get("max_per_partner_month"), so_far.get(row.rule, 0)))
        for cap, held in caps:
            if cap is not None:
                amount = min(amount, max(cap - held, 0))
        return amount

    def settle(self, order: Order, *, gives: bool = True) -> None:
        """Bring every row to what its line still earns."""
        wanted = []
        for group in (g for g in order.groups.values() if not g.off and g.rows):
            due = still_due(group.entitled, group.line, closed=order.closed)
            wanted.append((group.rows, due - group.net))
        self._bring(wanted, gives=gives)
        self.follow(self.of_order(order), gives=gives)

    def _bring(self, wanted: list[tuple[list[Row], int]], *, gives: bool) -> None:
        for rows, delta in wanted:
            if delta < 0:
                self.lower(rows, -delta)
        for rows, delta in wanted:
            if delta > 0 and gives:
                self.raise_again(rows, delta)

    def follow(self, rows: list[Row], *, gives: bool = True) -> None:
        """Recruiters' shares go and come with what they are shares of."""
        own = [row for row in self.rows if row.parent in rows and row.on_books]
        self._bring([([row], share_due(row) - row.rest) for row in own], gives=gives)

    def of_order(self, order: Order) -> list[Row]:
        return [row for row in self.rows if row.order is order]

    def reprice(self, order: Order) -> None:
        """The order as it is now, by the terms and the credit it has: less is taken back, more is
        a further row with its own hold.
        """
        self._open_months(order)
        raised = [(group, delta) for group in self._regrouped(order)
                  if (delta := self._lowered(order, group)) is not None]  # fmt: skip
        for group, delta in raised:
            assert order.place is not None
            granted = order.place.campaign.grant(delta, self.now)
            if granted < delta:
                # What the budget did not grant is not entitled to.
                group.short = True
                group.entitled = entitled_for(group.net + granted, group.line)
            if granted or not group.rows:
                self._row(order, group, granted, further=bool(group.rows))
        if order.place is not None:
            self._share(order)
        self.follow(self.of_order(order))

    def _regrouped(self, order: Order) -> list[Group]:
        """Every line and rule that earned or earns, with what it is worth now."""
        worths = {(w[0].number, w[1]["name"]): w for w in self.worths(order, order)}
        order.groups = {key: group for key, group in order.groups.items() if group.rows}
        for key, (line, rule, _, before) in worths.items():
            if key not in order.groups:
                order.groups[key] = Group(line, rule, 0, before, self.now)
        found = [order.groups[key] for key in sorted(order.groups)]
        for group in found:
            new = group.line.selfish and not group.rows and not order.closed
            if new and (worth := worths.get((group.line.number, group.rule["name"]))):
                self._row(order, group, worth[2])
        for group in found:
            worth = worths.get((group.line.number, group.rule["name"]))
            group.entitled = worth[2] if worth else 0
        return found

    def _lowered(self, order: Order, group: Group) -> int | None:
        """Take back what is too much; else what is still to come (None: nothing)."""
        delta = still_due(group.entitled, group.line, closed=order.closed) - group.net
        if group.off:
            return None
        if delta < 0:
            self.lower(group.rows, -delta)
            return None
        begins = not (group.rows or order.closed)
        return delta if delta or begins else None
