"""Steps of a shop: orders, whose they are, refunds and disputes."""

from datetime import datetime, timedelta
from typing import Any

from tests.proof.orders import Order, Place, Taking
from tests.proof.stage import SHOP, Stage, pick

Items = list[dict[str, Any]]


class Selling(Stage):
    """Orders and what is taken of them."""

    def _body(self, name: str, placed: datetime, given: Items, **more: Any) -> Any:
        lines = [dict(item) for item in given]
        for line in lines:
            line["discount"] = min(line["discount"], line["quantity"] * line["unit_price"])
        net = sum(line["quantity"] * line["unit_price"] - line["discount"] for line in lines)
        return {
            "source": "shopee" if name.endswith("3") else "website", "placed_at": placed,
            "items": lines, "updated_at": None, "coupon": None, "buyer": None,
        } | more | {"discount": min(more["discount"], net)}  # fmt: skip

    def _wire(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        parts = ("placed_at", "updated_at")
        times = {part: body[part] and body[part].isoformat() for part in parts}
        return body | times | {"order_id": name, "currency": "IDR"}

    def sells(
        self, who: int, given: Items, state: str, discount: int, back: int, own: bool
    ) -> None:
        """A new order; one in ten has no coupon, some are told of days later."""
        place = None if who % 10 == 0 else pick(self.model.places, who)
        self.sell(place, given, state, discount=discount, back=back, own=own)

    def sell(
        self, place: Place | None, given: Items, state: str, *,
        discount: int = 0, back: int = 0, own: bool = False,
    ) -> Order:  # fmt: skip
        """A new order; `own`: its buyer is the partner."""
        shop = place.campaign.shop if place else SHOP
        name = f"INV-{len(self.model.orders) + 1}"
        placed = self.model.now - timedelta(days=back, milliseconds=200)
        coupon = place.coupon if place else None
        buyer = {"email": f"{place.partner.upper()}+x@example.com"} if place and own else None
        body = self._body(name, placed, given, state=state, discount=discount, coupon=coupon,
                          buyer=buyer)  # fmt: skip
        reply = self.send(shop, "POST", "/v1/sales", self._wire(name, body))
        status = self.model.sale((shop, name), body, place)
        if reply.status_code == 201:
            self.ground.sales[shop, name] = reply.json()["id"]
        self.said(reply, status, "sale")
        return self.model.orders[shop, name]

    def tells_again(
        self, which: int, given: Items, state: str, discount: int, told: str, way: str, moved: int
    ) -> None:
        order = self.an_order(which)
        self.tell(order, given, state, discount=discount, told=told, way=way, moved=moved)

    def tell(
        self, order: Order, given: Items, state: str, *,
        discount: int = 0, told: str = "", way: str = "PUT", moved: int = 0,
    ) -> None:  # fmt: skip
        """The order as it is now (or, by POST, the same one with other content); `moved` by days,
        within the time of its credit.
        """
        since = order.place.joined if order.place else order.placed
        placed = max(min(order.placed + timedelta(days=moved), self.model.now), since)
        placed = placed if moved else order.placed
        updated = {"": None, "now": self.model.now, "older": order.placed}[told]
        coupon = order.place.coupon if order.place else None
        body = self._body(order.name, placed, given, state=state, discount=discount,
                          updated_at=updated, coupon=coupon, buyer=order.buyer)  # fmt: skip
        path = "/v1/sales" if way == "POST" else f"/v1/sales/{body['source']}/{order.name}"
        reply = self.send(order.shop, way, path, self._wire(order.name, body))
        act = self.model.sale if way == "POST" else self.model.put
        self.said(reply, act((order.shop, order.name), body, order.place), f"{way} again")

    def moves(self, which: int, state: str) -> None:
        self.move(self.an_order(which), state)

    def move(self, order: Order, state: str) -> None:
        reply = self.send(order.shop, "POST", f"{self.path(order)}/state", {"state": state})
        self.said(reply, self.model.state(order, state), f"state {state}")

    def path(self, order: Order) -> str:
        return f"/v1/sales/{self.ground.sales[order.shop, order.name]}"

    def decides(self, which: int, place: int, nobody: int) -> None:
        """A person says whose the order is."""
        order = self.an_order(which)
        places = [p for p in self.model.places if p.campaign.shop == order.shop or place % 8 == 0]
        self.credit(order, pick(places, place) if nobody else None)

    def credit(self, order: Order, to: Place | None) -> None:
        """By hand; not to the one who has it already by an appeal, in part."""
        selfish = [line.selfish for line in order.lines]
        to = None if to is order.place and any(selfish) and not all(selfish) else to
        sent = {"enrolment_id": to and self.ground.places[to], "reason": "salah"}
        reply = self.send(order.shop, "POST", f"{self.path(order)}/credit", sent)
        self.said(reply, self.model.credit(order, to), "credit by hand")

    # Refunds and disputes

    def refunds(
        self, which: int, early: int, again: int, amount: int, units: list[tuple[int, int]]
    ) -> None:
        """Of an order, or of one that is not known yet, or never comes; some are told twice."""
        number = len(self.model.refunds) if again else max(len(self.model.refunds) - 1, 0)
        taking = Taking(f"R-{number}", None if units else amount, units)
        if early > 2:
            order = self.an_order(which)
            self.refund_of(order.shop, order.name, taking)
        else:
            name = f"INV-{len(self.model.orders) + 1}" if early == 2 else f"NEVER-{number}"
            self.refund_of(SHOP, name, taking)

    def refund(self, order: Order, amount: int) -> None:
        taking = Taking(f"R-{len(self.model.refunds)}", amount, [])
        self.refund_of(order.shop, order.name, taking)

    def refund_of(self, shop: str, name: str, taking: Taking) -> None:
        what: dict[str, Any] = {"amount": taking.amount}
        if taking.items:
            what = {"items": [{"line": line, "quantity": n} for line, n in taking.items]}
        source = "shopee" if name.endswith("3") else "website"
        sent = {"source": source, "order_id": name, "refund_id": taking.name, "reason": "x"} | what
        reply = self.send(shop, "POST", "/v1/refunds", sent)
        self.said(reply, self.model.refund((shop, name), taking), "refund")

    def disputes(self, which: int, number: int, won: bool, amount: int | None) -> None:
        outcome = "won" if won else "lost"
        self.dispute(self.an_order(which), f"D-{number}", outcome, amount)

    def dispute(self, order: Order, name: str, outcome: str, amount: int | None) -> None:
        sent = {"dispute_id": name, "outcome": outcome, "amount": amount}
        reply = self.send(order.shop, "POST", f"{self.path(order)}/disputes", sent)
        self.said(reply, self.model.dispute(order, name, outcome, amount), f"dispute {outcome}")
