"""Who may join a campaign, in which state they begin, and what a later sale needs to know."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class EnrolmentFacts:
    """An enrolment for those who credit sales: it counts at t when active_from ≤ t < active_to
    (active_from None: never yet; active_to None: still).
    """

    id: str
    campaign_id: str
    merchant_id: str
    partner_id: str
    partner_slug: str
    role: str
    tier: str
    active_from: datetime | None
    active_to: datetime | None

    def active_at(self, instant: datetime) -> bool:
        """Whether the partner was in the campaign at the instant."""
        if self.active_from is None or instant < self.active_from:
            return False
        return self.active_to is None or instant < self.active_to
