"""Steps of who pays: runs, what the bank answers, debts that are settled by hand."""

from datetime import timedelta
from typing import Any

from tests.proof.books import Pair, Payout, Run
from tests.proof.stage import Stage, pick

PARTNERS = ("rina", "dimas", "wati")


class Paying(Stage):
    """Money out."""

    def is_paid_to(self, partner: str, last: int) -> None:
        """An account, each partner's own: the first, another, or the one before again."""
        number = f"12345{PARTNERS.index(partner)}789{last}"
        sent = {"kind": "bank", "provider": "bca", "account_number": number,
                "account_name": partner}  # fmt: skip
        reply = self.send(partner, "PUT", "/v1/payout-method", sent)
        self.model.books.paid_to(partner, number, self.model.now)
        self.said(reply, 200, "account")

    def previews(self, shop: str, back: int) -> None:
        self.preview(shop, back)

    def pays(self, which: int, part: int) -> None:
        """A run as it should go; now and then one payout is still open."""
        item = pick([item for item in self.model.books.items if item.payout is None], which)
        self.pay(item.pair[0], "paid", but=part)

    def pay(self, shop: str, outcome: str, *, but: int = -1) -> Run:
        """A run whose payouts all have this outcome, but the one of this number."""
        run = self.preview(shop, 0)
        self.treat(run, "approve")
        for number, payout in enumerate(run.payouts.values()):
            if number != but:
                self.settle(run, payout, outcome)
        return run

    def preview(self, shop: str, back: int) -> Run:
        cutoff = self.model.now - timedelta(days=back)
        reply = self.send(shop, "POST", "/v1/payout-runs", {"cutoff": cutoff.isoformat()})
        run = self.model.books.preview(shop, cutoff, self.model.now)
        self.said(reply, 201, "run")
        run.id = reply.json()["id"]
        assert _shown(reply.json()) == _planned(run)
        return run

    def treats(self, which: int, act: str) -> None:
        """One of the last three: older ones have nothing to say."""
        self.treat(pick(self.model.books.runs[-3:], which), act)

    def treat(self, run: Run, act: str) -> None:
        books = self.model.books
        path = f"/v1/payout-runs/{run.id}/{act}"
        if act == "send":
            reply = self.send(run.shop, "GET", f"/v1/payout-runs/{run.id}/file?format=csv")
            self.said(reply, books.send(run), "file")
            return
        reply = self.send(run.shop, "POST", path)
        status = (
            books.approve(run, self.model.now)
            if act == "approve"
            else books.cancel(run, self.model.now)
        )
        self.said(reply, status, f"run {act}")
        if status == 200:
            self.fine = reply.json()["state"] == run.state
            assert self.fine, run.state
            run.ids = {(run.shop, p["partner"]): p["id"] for p in reply.json()["payouts"]}

    def payouts(self) -> list[tuple[Run, Payout]]:
        return [(run, payout) for run in self.model.books.runs for payout in run.payouts.values()]

    def settles(self, which: int, outcome: str) -> None:
        run, payout = pick(self.payouts(), which)
        self.settle(run, payout, outcome)

    def settle(self, run: Run, payout: Payout, outcome: str) -> None:
        path = f"/v1/payouts/{run.ids[payout.pair]}/settle"
        reply = self.send(run.shop, "POST", path, {"outcome": outcome, "reference": "TRF"})
        status = self.model.books.settle(run, payout, outcome, self.model.now)
        self.said(reply, status, f"payout {outcome}")

    def forgives(self, which: int, way: str, number: int, part: str) -> None:
        owed = self.model.books.owed
        pair = pick([pair for pair, amount in owed.items() if amount], which)
        amount = {"one": 1, "all": owed[pair], "over": owed[pair] + 1}[part]
        self.forgive(pair, way, amount, number)

    def forgive(self, pair: Pair, way: str, amount: int, number: int | None = None) -> None:
        """A debt settled by hand, in part or whole."""
        number = self.done + 10 if number is None else number
        sent = {"partner": pair[1], "amount": amount, "reason": "x", "reference": f"S-{number}"}
        reply = self.send(pair[0], "POST", f"/v1/owed-back/{way}", sent)
        status = self.model.books.settle_debt(pair, way, amount, f"S-{number}")
        self.said(reply, status, way)


def _shown(run: Any) -> Any:
    paid = {p["partner"]: (p["gross"], p["netted"], p["net"]) for p in run["payouts"]}
    return paid, {s["partner"]: s["reason"] for s in run["skipped"]}


def _planned(run: Run) -> Any:
    paid = {}
    for pair, (netted, _, lines) in run.lines.items():
        gross = sum(rest for _, rest in lines)
        paid[pair[1]] = (gross, netted, gross - netted)
    return paid, {pair[1]: reason for pair, reason in run.skipped.items()}
