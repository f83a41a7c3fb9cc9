"""Several steps that belong together: what single ones seldom come to."""

from datetime import timedelta

from tests.proof.books import Row
from tests.proof.deciding import Deciding
from tests.proof.orders import JAKARTA, Order, Place, Taking
from tests.proof.paying import Paying
from tests.proof.selling import Items, Selling
from tests.proof.stage import pick
from tests.proof.steering import Steering


def _of(price: int) -> Items:
    return [{"sku": "KEMEJA", "quantity": 4, "unit_price": price, "discount": 0}]


class Stories(Selling, Deciding, Paying, Steering):
    """Each begins with money that is earned anew."""

    def _earn(self, place: Place, price: int) -> Order:
        """Sold, delivered, and safe to pay."""
        order = self.sell(place, _of(price), "delivered")
        hold = int(place.campaign.at(self.model.now)["hold_days"])
        if hold:
            self.days(hold)
        return order

    def _rows(self, order: Order) -> list[Row]:
        rows = [row for row in self.model.of_order(order) if row in self.ground.rows]
        return [row for row in rows if row.rest and row.on_books]

    def _take(self, order: Order, amount: int, way: str) -> None:
        if way == "refund":
            self.refund(order, amount)
        elif way == "dispute":
            self.dispute(order, "D-0", "lost", amount)
        else:
            self.move(order, "returned")

    def owes(self, who: int, price: int, then: int, way: str, outcome: str, by_hand: bool) -> None:
        """Paid, taken back, sold again: the debt is netted, or too big for that, or settled by
        hand; what was disputed is won.
        """
        place = self.a_place(who)
        shop = place.campaign.shop
        order = self._earn(place, price)
        self.pay(shop, "paid")
        self._take(order, price, way)
        if by_hand and self.model.books.owed[place.pair]:
            self.forgive(place.pair, "repay", self.model.books.owed[place.pair])
        self._earn(place, then)
        self.pay(shop, outcome)
        if way == "dispute":
            self.dispute(order, "D-0", "won", price)
        self._earn(place, price)
        self.pay(shop, "paid")

    def under_way(self, who: int, price: int, way: str, outcome: str) -> None:
        """Taken back while the bank has it (or before the approval); what the bank then says;
        another run.
        """
        place = self.a_place(who)
        shop = place.campaign.shop
        order = self._earn(place, price)
        run = self.preview(shop, 0)
        if outcome != "changed":
            self.treat(run, "approve")
        self._take(order, price, way)
        if outcome == "changed":
            self.treat(run, "approve")
        if outcome == "cancel":
            self.treat(run, "cancel")
        for payout in [p for p in run.payouts.values() if p.state == "approved"]:
            self.settle(run, payout, "paid" if outcome == "changed" else outcome)
        if way == "dispute":
            self.dispute(order, "D-0", "won", price)
        if outcome == "paid":
            for payout in run.payouts.values():
                self.settle(run, payout, "returned")
        self._earn(place, price)
        self.pay(shop, "paid")

    def keeps(self, who: int, price: int, end: str, act: str) -> None:
        """Held though it was safe to pay; a run; let go, or not; another run."""
        place = self.a_place(who)
        order = self._earn(place, price)
        rows = self._rows(order)
        for row in rows:
            self.judge(row, act)
        self._earn(place, 33_333)
        self.days(3)
        self.pay(place.campaign.shop, "paid")
        for row in rows:
            if end in ("won", "lost"):
                self.appeal(row, end == "won")
            else:
                self.judge(row, end)
        self.pay(place.campaign.shop, "paid")

    def was_another_s(self, who: int, price: int, then: int, moved: int) -> None:
        """Moved to another month, given to another, said anew; then its month ends."""
        place = self.a_place(who)
        self.days(14)
        order = self.sell(place, _of(price), "delivered")
        self.days(14)
        self.tell(order, _of(price), "delivered", told="now", moved=moved)
        self.credit(order, self.a_place(who + 1))
        self.tell(order, _of(then), "delivered", told="now")
        self._take(order, 50_000, "refund")
        self.days(61)
        self.pay(place.campaign.shop, "paid")

    def thinks_again(self, who: int, price: int, then: int, way: str, won: bool, own: bool) -> None:
        """Rejected (or bought by the partner), then another is sold, then less is left of the
        order, then the partner appeals.
        """
        place = self.a_place(who)
        order = self.sell(place, _of(price), "paid", own=own)
        rows = [row for row in self.model.of_order(order) if row in self.ground.rows]
        for row in rows:
            self.judge(row, "reject")
        if own:
            self.tell(order, _of(then) + _of(999), "paid")
        self.sell(place, _of(then), "paid")
        self._take(order, price, way)
        for row in rows:
            self.appeal(row, won)
        if way == "dispute":
            self.dispute(order, "D-0", "won", price)
        self.move(order, "delivered")

    def grows(self, who: int, price: int, then: int, state: str, paid: bool, moved: int) -> None:
        """Said anew with other prices, up and down, or of another day, or closed and open again."""
        place = self.a_place(who)
        order = self._earn(place, price)
        if paid:
            self.pay(place.campaign.shop, "paid")
        self.tell(order, _of(then) + _of(999), state, told="now", moved=moved)
        self.days(7)
        self.tell(order, _of(price), "delivered", told="now")
        self.pay(place.campaign.shop, "paid")

    def moves_house(self, who: int, price: int, last: int, stays: bool) -> None:
        """Another account while a run is planned; then two days, or the account of before."""
        place = self.a_place(who)
        before = self.model.books.accounts.get(place.partner)
        self._earn(place, price)
        run = self.preview(place.campaign.shop, 0)
        self.is_paid_to(place.partner, last)
        self.treat(run, "approve")
        self.pay(place.campaign.shop, "paid")
        if stays and before:
            self.is_paid_to(place.partner, int(before[0].number[-1]))
        self.days(1)
        self.days(1)
        self.pay(place.campaign.shop, "paid")

    def hears_early(self, who: int, price: int, amount: int) -> None:
        """A refund, and only then its order."""
        place = self.a_place(who)
        taking = Taking(f"R-{len(self.model.refunds)}", amount, [])
        self.refund_of(place.campaign.shop, f"INV-{len(self.model.orders) + 1}", taking)
        self._earn(place, price)
        self.pay(place.campaign.shop, "paid")

    def brings(self, shop: str, price: int, way: str, won: bool) -> None:
        """Rina sells, then Dimas, whom she has brought; then his goes, and perhaps comes back."""
        places = [place for place in self.model.places if place.campaign.shop == shop]
        rina, dimas = (next(p for p in places if p.partner == who) for who in ("rina", "dimas"))
        self.sell(rina, _of(33_333), "paid")
        order = self.sell(dimas, _of(price), "paid")
        rows = [row for row in self._rows(order) if row.parent is None]
        if way == "reject":
            for row in rows:
                self.judge(row, "reject")
                self.appeal(row, won)
        else:
            self._take(order, price, way)
            if won and way == "dispute":
                self.dispute(order, "D-0", "won", price)
        self.move(order, "delivered")
        self.days(7)
        self.pay(shop, "paid")

    def runs_dry(self, which: int, price: int) -> None:
        """A budget that is spent, and topped up days later; a sale of the days between comes late,
        another after them.
        """
        campaigns = self.model.campaigns()
        campaign = pick([c for c in campaigns if c.budget is not None] or campaigns, which)
        place = next(place for place in self.model.places if place.campaign is campaign)
        self.sell(place, _of(1_000_000), "delivered")
        self.days(3)
        self.top_up(campaign, 300_000)
        self.sell(place, _of(price), "paid", back=1)
        self.sell(place, _of(price), "paid")

    def is_seen(self, who: int, proved: int, loose: int, again: bool) -> None:
        """Clicks of a day, some twice, paid the day after and safe a week later."""
        place = self.a_place(who)
        at = self.model.now
        known: list[str | None] = [f"visitor-{number}" for number in range(proved)]
        self.ground.visits(place, at, known + [None] * loose + (known if again else []))
        self.pass_on(timedelta(days=1))
        self.ground.click_day(at.astimezone(JAKARTA).date(), self.model.now)
        self.model.click_day(place, at, proved, loose)
        self.after("clicks")
        self.days(7)

    def thanks(self, who: int, paid: bool, outcome: str) -> None:
        """Goodwill, perhaps in a payout that comes back, and regretted."""
        shop, partner = self.a_place(who).pair
        number = 100 + self.done
        self.gives(partner, shop, 50_000, number)
        if paid:
            self.pay(shop, outcome)
        self.regret((shop, f"G-{number}"))
        self.pay(shop, "paid")

    def ends_a_month(self, who: int, price: int, way: str, paid: bool) -> None:
        """Three sales of one month, one of which does not survive it."""
        place = self.a_place(who)
        orders = [self.sell(place, _of(price), "delivered") for _ in range(3)]
        if paid:
            self.days(int(place.campaign.at(self.model.now)["hold_days"]))
            self.pay(place.campaign.shop, "paid")
        self._take(orders[who % 3], price, way)
        self.days(31)
        self.days(61)
        self.pay(place.campaign.shop, "paid")
