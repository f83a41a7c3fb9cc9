"""The machine: what people, shops and banks do, in any order, to the product and to the model."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.proof import terms
from tests.proof.books import Payout, Row, Run
from tests.proof.ground import Ground, Here, third_partner
from tests.proof.model import Model
from tests.proof.orders import Campaign, Order, Place, Taking

SHOP, RIVAL = "batik-laras", "kopi-bukit"
STATES = ("placed", "paid", "delivered", "completed", "cancelled", "returned")
CHECK_EVERY = 10
any_of = st.integers(0, 10_000)
items = st.lists(
    st.fixed_dictionaries(
        {
            "sku": st.sampled_from(["KEMEJA", "TOPI", "SELENDANG"]),
            "quantity": st.integers(1, 4),
            "unit_price": st.sampled_from([0, 999, 33_333, 250_000, 1_000_000]),
            "discount": st.sampled_from([0, 0, 0, 501]),
        }
    ),
    min_size=1,
    max_size=3,
)
states = st.sampled_from(STATES)
open_states = st.sampled_from(["placed", "paid", "paid", "delivered", "delivered", "completed"])
discounts = st.sampled_from([0, 0, 0, 10_000])
outcomes = st.sampled_from(["paid", "paid", "failed", "returned"])


a_sale: dict[str, st.SearchStrategy[Any]] = {
    "who": any_of,
    "given": items,
    "state": open_states,
    "discount": discounts,
    "back": st.sampled_from([0, 0, 0, 0, 3, 20]),
}
tellings = st.sampled_from(["", "", "now", "older"])
ways = st.sampled_from(["PUT"] * 7 + ["POST"])


def pick(several: Any, number: int) -> Any:
    found = list(several)
    return found[number % len(found)]


class Money(RuleBasedStateMachine):
    """One history. `steps` counts those of all histories, by what was done."""

    here: ClassVar[Here]
    steps: ClassVar[Counter[str]] = Counter()
    histories: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.ground = Ground(self.here)
        self.fine = False
        self.done = 0
        self.shop = SHOP

    @initialize(
        first=terms.terms(), second=terms.terms(), third=terms.terms(),
        budgets=st.tuples(terms.budgets, terms.budgets, terms.budgets),
        day=st.sampled_from([5, 20, 29]), sold=st.tuples(*[st.fixed_dictionaries(a_sale)] * 2),
    )  # fmt: skip
    def opens(
        self,
        first: Any,
        second: Any,
        third: Any,
        budgets: tuple[int | None, ...],
        day: int,
        sold: tuple[dict[str, Any], ...],
    ) -> None:
        """Two shops, three campaigns, three partners, two orders; Rina has brought Dimas."""
        now = datetime(2026, 10, day, 3, tzinfo=UTC)
        self.model.now = now
        self.ground.begin(now)
        self.ground.members["wati"] = self.here.run(third_partner("wati", now))
        names, shops = ("Satu", "Dua", "Tiga"), (SHOP, SHOP, RIVAL)
        made = map(Campaign, names, shops, (first, second, third), budgets)
        for number, partner in enumerate(("rina", "dimas")):
            self.ground.account(partner, f"123456789{number}", now)
            self.model.books.accounts.add(partner)
        for campaign in made:
            self.ground.launch(campaign, now)
            for partner in ("rina", "dimas", "wati")[: 3 if campaign.name == "Satu" else 2]:
                ref = "rina" if partner == "dimas" else None
                self.model.now += timedelta(seconds=1)
                joined = self.ground.join(campaign, partner, ref, self.model.now)
                self.model.places.append(joined)
        self.model.recruiter = {(shop, "dimas"): "rina" for shop in (SHOP, RIVAL)}
        Money.histories += 1
        self.fine = True
        self._next()
        for sale in sold:
            self._sell(**sale)

    def teardown(self) -> None:
        if self.fine:
            self.ground.compare(self.model, (SHOP, RIVAL))
            assert self.ground.differences() == []

    # How a step goes

    def _next(self, by: timedelta = timedelta(seconds=1)) -> None:
        self.model.now += by

    def _send(self, who: str, method: str, path: str, sent: object = None) -> Any:
        self.shop = who if who in (SHOP, RIVAL) else self.shop
        return self.ground.send(who, method, path, sent, at=self.model.now)

    def _after(self, what: str, *, night: bool = False) -> None:
        """The worker's turn; then everything is compared."""
        self.fine = False
        model = self.model
        self.ground.clock(model.now, night=night)
        if night:
            model.night()
        model.tick()
        self.done += 1
        whole = night or self.done % CHECK_EVERY == 0
        self.ground.compare(model, (SHOP, RIVAL) if whole else (self.shop,))
        if whole:
            assert self.ground.differences() == []
        Money.steps[what] += 1
        self.fine = True
        self._next()

    def _said(self, reply: Any, status: int, what: str, *, night: bool = False) -> None:
        self.fine = False
        assert reply.status_code == status, (what, status, reply.status_code, reply.text)
        self._after(what if status < 400 else f"{what}, refused", night=night)

    # Orders

    def _order(self, number: int) -> Order:
        """Any; one in three is of those that a payout has or had money of."""
        books = self.model.books
        sent = [row.order for row in self.ground.rows if row.order and books.was_in_payout(row)]
        found: Order = pick(
            sent if sent and number % 3 == 0 else self.model.orders.values(), number
        )
        return found

    def _body(self, name: str, placed: datetime, given: list[dict[str, int]], **more: Any) -> Any:
        lines = [dict(item) for item in given]
        for line in lines:
            line["discount"] = min(line["discount"], line["quantity"] * line["unit_price"])
        net = sum(line["quantity"] * line["unit_price"] - line["discount"] for line in lines)
        return {
            "source": "shopee" if name.endswith("3") else "website", "placed_at": placed,
            "items": lines, "updated_at": None, "coupon": None,
        } | more | {"discount": min(more["discount"], net)}  # fmt: skip

    def _wire(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        parts = ("placed_at", "updated_at")
        times = {part: body[part] and body[part].isoformat() for part in parts}
        return body | times | {"order_id": name, "currency": "IDR"}

    @rule(sale=st.fixed_dictionaries(a_sale))
    def sells(self, sale: dict[str, Any]) -> None:
        """A new order; one in ten has no coupon, some are told of days later."""
        self._sell(**sale)

    def _sell(self, who: int, given: Any, state: str, discount: int, back: int) -> None:
        place: Place | None = None if who % 10 == 0 else pick(self.model.places, who)
        shop = place.campaign.shop if place else SHOP
        name = f"INV-{len(self.model.orders) + 1}"
        placed = self.model.now - timedelta(days=back, milliseconds=200)
        coupon = place.coupon if place else None
        body = self._body(name, placed, given, state=state, discount=discount, coupon=coupon)
        reply = self._send(shop, "POST", "/v1/sales", self._wire(name, body))
        status = self.model.sale((shop, name), body, place)
        if reply.status_code == 201:
            self.ground.sales[shop, name] = reply.json()["id"]
        self._said(reply, status, "sale")

    @rule(which=any_of, given=items, state=states, discount=discounts, told=tellings, way=ways)
    def tells_again(
        self, which: int, given: Any, state: str, discount: int, told: str, way: str
    ) -> None:
        """The order as it is now (or, by POST, the same one with other content)."""
        order = self._order(which)
        updated = {"": None, "now": self.model.now, "older": order.placed}[told]
        coupon = order.place.coupon if order.place else None
        body = self._body(order.name, order.placed, given, state=state, discount=discount,
                          updated_at=updated, coupon=coupon)  # fmt: skip
        path = "/v1/sales" if way == "POST" else f"/v1/sales/{body['source']}/{order.name}"
        reply = self._send(order.shop, way, path, self._wire(order.name, body))
        act = self.model.sale if way == "POST" else self.model.put
        self._said(reply, act((order.shop, order.name), body, order.place), f"{way} again")

    @rule(which=any_of, state=states)
    def moves(self, which: int, state: str) -> None:
        order = self._order(which)
        reply = self._send(order.shop, "POST", f"{self._path(order)}/state", {"state": state})
        self._said(reply, self.model.state(order, state), f"state {state}")

    def _path(self, order: Order) -> str:
        return f"/v1/sales/{self.ground.sales[order.shop, order.name]}"

    @rule(which=any_of, place=any_of, nobody=st.integers(0, 4))
    def decides(self, which: int, place: int, nobody: int) -> None:
        """A person says whose the order is."""
        order = self._order(which)
        places = [p for p in self.model.places if p.campaign.shop == order.shop or place % 8 == 0]
        to: Place | None = pick(places, place) if nobody else None
        sent = {"enrolment_id": to and self.ground.places[to], "reason": "salah"}
        reply = self._send(order.shop, "POST", f"{self._path(order)}/credit", sent)
        self._said(reply, self.model.credit(order, to), "credit by hand")

    sells_more = sells
    tells_again_more = tells_again

    # Refunds and disputes

    @rule(which=any_of, early=st.integers(0, 5), again=st.integers(0, 7),
          amount=st.sampled_from([1, 7_777, 50_000, 200_000, 10**7]),
          units=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 2)), max_size=2))  # fmt: skip
    def refunds(
        self, which: int, early: int, again: int, amount: int, units: list[tuple[int, int]]
    ) -> None:
        """Of an order, or of one that is not known yet; some are told twice."""
        shop, name = SHOP, f"INV-{len(self.model.orders) + 1}"
        if early:
            order = self._order(which)
            shop, name = order.shop, order.name
        number = len(self.model.refunds) if again else max(len(self.model.refunds) - 1, 0)
        taking = Taking(f"R-{number}", None if units else amount, units)
        what: dict[str, Any] = {"amount": amount}
        if units:
            what = {"items": [{"line": line, "quantity": n} for line, n in units]}
        source = "shopee" if name.endswith("3") else "website"
        sent = {"source": source, "order_id": name, "refund_id": taking.name, "reason": "x"} | what
        reply = self._send(shop, "POST", "/v1/refunds", sent)
        self._said(reply, self.model.refund((shop, name), taking), "refund")

    @rule(which=any_of, number=st.integers(1, 2), won=st.booleans(),
          amount=st.sampled_from([None, 33_000, 150_000]))  # fmt: skip
    def disputes(self, which: int, number: int, won: bool, amount: int | None) -> None:
        order = self._order(which)
        outcome = "won" if won else "lost"
        sent = {"dispute_id": f"D-{number}", "outcome": outcome, "amount": amount}
        reply = self._send(order.shop, "POST", f"{self._path(order)}/disputes", sent)
        status = self.model.dispute(order, f"D-{number}", outcome, amount)
        self._said(reply, status, f"dispute {outcome}")

    # Decisions on a commission

    def _row(self, number: int) -> Row:
        found: Row = pick(self.ground.rows, number)
        return found

    @precondition(lambda self: self.ground.rows)
    @rule(which=any_of, act=st.sampled_from(["hold", "hold", "unhold", "reject"]))
    def judges(self, which: int, act: str) -> None:
        row = self._row(which)
        if act == "hold" and row.state != "held" and which % 3 == 0:
            row = next((r for r in self.ground.rows if r.state == "payable" and r.rest), row)
        code = {"hold": "under_review", "reject": "fake_order"}.get(act)
        sent = None if code is None else {"reason_code": code}
        path = f"/v1/commissions/{self.ground.rows[row]}/{act}"
        reply = self._send(row.pair[0], "POST", path, sent)
        self._said(reply, getattr(self.model, act)(row), act)

    @precondition(lambda self: any(r.state in ("held", "rejected") for r in self.ground.rows))
    @rule(which=any_of, won=st.booleans())
    def appeals(self, which: int, won: bool) -> None:
        """The partner appeals, and the merchant answers."""
        rows = [row for row in self.ground.rows if row.state in ("held", "rejected")]
        open_to = [row for row in rows if not row.appealed and row.reason != "recredited"]
        row = pick(open_to if open_to and which % 4 else rows, which)
        path = f"/v1/commissions/{self.ground.rows[row]}/appeal"
        reply = self._send(row.pair[1], "POST", path, {"text": "x"})
        was_open = row.appeal_open
        status = self.model.appeal(row)
        assert reply.status_code == status, (status, reply.text)
        if status == 201:
            self.ground.appeals[row] = reply.json()["id"]
        elif not was_open:
            self._after("appeal, refused")
            return
        outcome = "won" if won else "lost"
        path = f"/v1/appeals/{self.ground.appeals[row]}/answer"
        reply = self._send(row.pair[0], "POST", path, {"outcome": outcome, "reason": "x"})
        self._said(reply, self.model.answer(row, outcome), f"appeal {outcome}")

    # Money out

    @precondition(lambda self: self.model.books.items)
    @rule(shop=st.sampled_from([SHOP, SHOP, RIVAL]), back=st.sampled_from([0, 0, 2]))
    def previews(self, shop: str, back: int) -> None:
        self._preview(shop, back)

    @precondition(lambda self: any(item.payout is None for item in self.model.books.items))
    @rule(which=any_of, part=st.integers(0, 3))
    def pays(self, which: int, part: int) -> None:
        """A run as it should go; now and then one payout is still open."""
        item = pick([item for item in self.model.books.items if item.payout is None], which)
        run = self._preview(item.pair[0], 0)
        self._treat(run, "approve")
        for number, payout in enumerate(run.payouts.values()):
            if number != part:
                self._settle(run, payout, "paid")

    pays_more = pays

    def _preview(self, shop: str, back: int) -> Run:
        cutoff = self.model.now - timedelta(days=back)
        reply = self._send(shop, "POST", "/v1/payout-runs", {"cutoff": cutoff.isoformat()})
        run = self.model.books.preview(shop, cutoff)
        self._said(reply, 201, "run")
        run.id = reply.json()["id"]
        assert _shown(reply.json()) == _planned(run)
        return run

    def _run(self, number: int) -> Run:
        """One of the last three: older ones have nothing to say."""
        found: Run = pick(self.model.books.runs[-3:], number)
        return found

    @precondition(lambda self: self.model.books.runs)
    @rule(which=any_of, act=st.sampled_from(["approve", "approve", "approve", "cancel", "send"]))
    def treats(self, which: int, act: str) -> None:
        self._treat(self._run(which), act)

    def _treat(self, run: Run, act: str) -> None:
        books = self.model.books
        path = f"/v1/payout-runs/{run.id}/{act}"
        if act == "send":
            reply = self._send(run.shop, "GET", f"/v1/payout-runs/{run.id}/file?format=csv")
            self._said(reply, books.send(run), "file")
            return
        reply = self._send(run.shop, "POST", path)
        status = books.approve(run) if act == "approve" else books.cancel(run, self.model.now)
        self._said(reply, status, f"run {act}")
        if status == 200:
            self.fine = reply.json()["state"] == run.state
            assert self.fine, run.state
            run.ids = {(run.shop, p["partner"]): p["id"] for p in reply.json()["payouts"]}

    def _payouts(self) -> list[tuple[Run, Payout]]:
        return [(run, payout) for run in self.model.books.runs for payout in run.payouts.values()]

    @precondition(lambda self: self._payouts())
    @rule(which=any_of, outcome=outcomes)
    def settles(self, which: int, outcome: str) -> None:
        run, payout = pick(self._payouts(), which)
        self._settle(run, payout, outcome)

    settles_more = settles

    def _settle(self, run: Run, payout: Payout, outcome: str) -> None:
        path = f"/v1/payouts/{run.ids[payout.pair]}/settle"
        reply = self._send(run.shop, "POST", path, {"outcome": outcome, "reference": "TRF"})
        status = self.model.books.settle(run, payout, outcome, self.model.now)
        self._said(reply, status, f"payout {outcome}")

    @precondition(lambda self: any(self.model.books.owed.values()))
    @rule(which=any_of, way=st.sampled_from(["write-off", "repay"]), number=st.integers(1, 9),
          part=st.sampled_from(["one", "all", "over"]))  # fmt: skip
    def forgives(self, which: int, way: str, number: int, part: str) -> None:
        owed = self.model.books.owed
        pair = pick([pair for pair, amount in owed.items() if amount], which)
        amount = {"one": 1, "all": owed[pair], "over": owed[pair] + 1}[part]
        sent = {"partner": pair[1], "amount": amount, "reason": "x", "reference": f"S-{number}"}
        reply = self._send(pair[0], "POST", f"/v1/owed-back/{way}", sent)
        status = self.model.books.settle_debt(pair, way, amount, f"S-{number}")
        self._said(reply, status, way)

    # Time

    @rule(days=st.sampled_from([1, 3, 7, 7, 14, 31, 61]))
    def days(self, days: int) -> None:
        self._next(timedelta(days=days))
        self._after("days", night=True)


def _shown(run: Any) -> Any:
    paid = {p["partner"]: (p["gross"], p["netted"], p["net"]) for p in run["payouts"]}
    return paid, {s["partner"]: s["reason"] for s in run["skipped"]}


def _planned(run: Run) -> Any:
    paid = {}
    for pair, (netted, lines) in run.lines.items():
        gross = sum(rest for _, rest in lines)
        paid[pair[1]] = (gross, netted, gross - netted)
    return paid, {pair[1]: reason for pair, reason in run.skipped.items()}
