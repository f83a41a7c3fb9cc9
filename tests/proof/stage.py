"""What every step does: it is sent to the product, told to the model, and then all is compared."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, TypeVar

from tests.proof.books import Row
from tests.proof.ground import Ground, Here, third_partner
from tests.proof.model import Model
from tests.proof.orders import Campaign, Order, Place

T = TypeVar("T")
SHOP, RIVAL = "batik-laras", "kopi-bukit"
CHECK_EVERY = 12


def pick(several: Iterable[T], number: int) -> T:
    found = list(several)
    return found[number % len(found)]


class Stage:
    """One history. `steps` counts those of all histories by what was done, `met` what came
    of it; `story` is this one's, to be told.
    """

    here: ClassVar[Here]
    steps: ClassVar[Counter[str]] = Counter()
    met: ClassVar[Counter[str]] = Counter()
    histories: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.ground = Ground(self.here)
        self.fine = False
        self.done = 0
        self.shop = SHOP
        self.story: list[str] = []

    def begin(self, day: int, campaigns: list[Campaign]) -> None:
        """Two shops, three partners of whom two have an account; Rina has brought Dimas."""
        now = datetime(2026, 10, day, 3, tzinfo=UTC)
        self.model.now = now
        self.ground.begin(now)
        self.ground.members["wati"] = self.here.run(third_partner("wati", now))
        for number, partner in enumerate(("rina", "dimas")):
            account = f"12345{number}7890"
            self.ground.account(partner, account, now)
            self.model.books.paid_to(partner, account, now)
        for campaign in campaigns:
            self.ground.launch(campaign, now)
            for partner in ("rina", "dimas", "wati")[: 3 if campaign.name == "Satu" else 2]:
                ref = "rina" if partner == "dimas" else None
                self.model.now += timedelta(seconds=1)
                joined = self.ground.join(campaign, partner, ref, self.model.now)
                self.model.places.append(joined)
        self.model.recruiter = {(shop, "dimas"): "rina" for shop in (SHOP, RIVAL)}
        type(self).histories += 1
        self.fine = True
        self.pass_on()

    @contextmanager
    def told(self) -> Iterator[None]:
        """What goes wrong carries the story so far."""
        try:
            yield
        except AssertionError as found:
            found.add_note("\n".join(self.story))
            raise

    def finish(self) -> None:
        if self.fine:
            self.ground.compare(self.model, (SHOP, RIVAL))
            assert self.ground.differences() == []
            self.met.update(self.model.books.met)

    # How a step goes

    def pass_on(self, by: timedelta = timedelta(seconds=1)) -> None:
        self.model.now += by

    def send(self, who: str, method: str, path: str, sent: object = None) -> Any:
        self.shop = who if who in (SHOP, RIVAL) else self.shop
        return self.ground.send(who, method, path, sent, at=self.model.now)

    def after(self, what: str, *, night: bool = False) -> None:
        """The worker's turn; then everything is compared."""
        self.fine = False
        model = self.model
        self.ground.clock(model.now, night=night)
        if night:
            model.night()
        model.tick()
        self.done += 1
        whole = self.done % CHECK_EVERY == 0
        self.ground.compare(model, (SHOP, RIVAL) if whole or night else (self.shop,))
        if whole:
            assert self.ground.differences() == []
        self.steps[what] += 1
        self.fine = True
        self.pass_on()

    def said(self, reply: Any, status: int, what: str) -> None:
        self.fine = False
        assert reply.status_code == status, (what, status, reply.status_code, reply.text)
        self.after(what if status < 400 else f"{what}, refused")

    # What a step is about

    def an_order(self, number: int) -> Order:
        """Any; one in three is of those that a payout has or had money of."""
        books = self.model.books
        sent = [row.order for row in self.ground.rows if row.order and books.was_in_payout(row)]
        found: Order = pick(
            sent if sent and number % 3 == 0 else self.model.orders.values(), number
        )
        return found

    def a_place(self, number: int) -> Place:
        """Where a sale earns, as long as there is such a campaign; mostly of who can be paid."""
        live = [place for place in self.model.places if place.campaign.ended is None]
        able = [place for place in live if place.partner in self.model.books.accounts]
        return pick((able if number % 8 else live) or self.model.places, number)

    def a_row(self, number: int) -> Row:
        return pick(self.ground.rows, number)

    def days(self, days: int) -> None:
        self.pass_on(timedelta(days=days))
        self.after("days", night=True)
