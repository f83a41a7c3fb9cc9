"""A part of the model: what a day's clicks earn, the day after."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.proof.books import Row
from tests.proof.months import Months
from tests.proof.orders import Place, month_of

HELD = timedelta(days=7)


@dataclass
class Clicked(Months):
    """One commission per place, rule and day."""

    def click_day(self, place: Place, at: datetime, proved: int, loose: int) -> None:
        """So many visitors at this instant, of whom the loose ones showed no cookie of before:
        these earn a fifth of the day's limit at most.
        """
        terms = place.campaign.at(at)
        rules = [rule for rule in terms["rules"] if rule["pay"]["kind"] == "per_click"]
        if place.joined > at or not place.campaign.live_at(at):
            return
        for rule in rules:
            each, most = rule["pay"]["amount"], rule["pay"]["max_per_day"]
            kept = min(loose * each, most // 5)
            self.happens("clicks without a cookie cut", kept < loose * each)
            amount = min(proved * each + kept, most)
            self.happens("clicks cut by the day's limit", amount < proved * each + kept)
            cap = terms.get("max_per_partner_month")
            if cap is not None:
                so_far = self.so_far(place, month_of(at))
                amount = min(amount, max(cap - sum(so_far.values()), 0))
            amount = place.campaign.grant(amount, self.now)
            self.happens("clicks paid", amount)
            self.rows.append(
                Row(place.pair, place, place.campaign, terms, None, "per_click", rule["name"],
                    month_of(at), self.now, amount)
            )  # fmt: skip
