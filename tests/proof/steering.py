"""Steps of a shop with its campaigns, and what it gives by hand."""

from datetime import timedelta

from tests.proof.orders import Campaign, Terms
from tests.proof.stage import Stage, pick


class Steering(Stage):
    """New terms, more budget, goodwill."""

    def _campaign(self, which: int) -> Campaign:
        return pick(self.model.campaigns(), which)

    def issues(self, which: int, terms: Terms, days: int) -> None:
        """Terms from now on, or from a later day."""
        campaign = self._campaign(which)
        since = self.model.now + timedelta(days=days)
        sent = terms | ({"effective_at": since.isoformat()} if days else {})
        reply = self.send(campaign.shop, "POST", f"{self._path(campaign)}/terms", sent)
        self.said(reply, campaign.amend(terms, since), "new terms")

    def tops_up(self, which: int, more: int | None) -> None:
        """A larger budget, none at all, or a smaller one."""
        campaign = self._campaign(which)
        self.top_up(campaign, more)

    def top_up(self, campaign: Campaign, more: int | None) -> None:
        budget = None if more is None or campaign.budget is None else campaign.budget + more
        ended = campaign.ended
        reply = self.send(campaign.shop, "PATCH", self._path(campaign), {"budget": budget})
        status = campaign.top_up(budget, self.model.now)
        self.model.happens("campaign revived by a top-up", ended and not campaign.ended)
        self.said(reply, status, "budget")

    def _path(self, campaign: Campaign) -> str:
        return f"/v1/campaigns/{self.ground.campaigns[campaign.name]}"

    def gives(self, partner: str, shop: str, amount: int, number: int) -> None:
        """Goodwill, also of a partner who is none of the shop's; some is said twice."""
        sent = {"partner": partner, "amount": amount, "reason": "x", "reference": f"G-{number}"}
        reply = self.send(shop, "POST", "/v1/goodwill", sent)
        status = 422
        if any(place.pair == (shop, partner) for place in self.model.places):
            pair = (shop, partner)
            status = self.model.books.give(pair, amount, "x", f"G-{number}", self.model.now)
        if status == 201:
            self.ground.gifts[shop, f"G-{number}"] = reply.json()["id"]
        self.said(reply, status, "goodwill")

    def regrets(self, which: int) -> None:
        self.regret(pick(self.model.books.gifts, which))

    def regret(self, key: tuple[str, str]) -> None:
        path = f"/v1/goodwill/{self.ground.gifts[key]}/withdraw"
        reply = self.send(key[0], "POST", path, {"reason": "x"})
        status = self.model.books.withdraw(self.model.books.gifts[key])
        self.said(reply, status, "goodwill withdrawn")
