"""Who may join a campaign, in which state they begin, and what a later sale needs to know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

FIRST_TIER = "bronze"


@dataclass(frozen=True)
class EnrolmentFacts:
    """An enrolment for those who credit sales: it counts at t when active_from ≤ t < active_to
    (active_from None: never yet; active_to None: still). `fraud`: it was ended for that.
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
    tiers: tuple[tuple[datetime, str], ...] = ()
    fraud: bool = False

    def tier_at(self, instant: datetime) -> str:
        """The tier that counted at the instant: a new one does for what is placed afterwards."""
        if not self.tiers:
            return self.tier
        moved = [tier for since, tier in self.tiers if since <= instant]
        return moved[-1] if moved else FIRST_TIER

    def active_at(self, instant: datetime) -> bool:
        """Whether the partner was in the campaign at the instant."""
        if self.active_from is None or instant < self.active_from:
            return False
        return self.active_to is None or instant < self.active_to


@dataclass(frozen=True)
class TierRule:
    """What last month's sales must have reached for silver and for gold: rupiah (by `amount`), or a
    number of orders (by `orders`); silver < gold.
    """

    by: str
    silver: int
    gold: int


def tier_for(rule: TierRule, amount: int, orders: int) -> str:
    """The tier of a month with so many rupiah and orders sold; what is just reached counts."""
    reached = amount if rule.by == "amount" else orders
    if reached >= rule.gold:
        return "gold"
    return "silver" if reached >= rule.silver else FIRST_TIER


# Why a merchant says no, or ends a partner's place; worded as `reason.{code}`.
REJECT_REASONS = (
    "not_our_audience",
    "answers_incomplete",
    "places_full",
    "identity_doubtful",
    "against_rules",
    "other",
)
FRAUD = "fraud"
END_REASONS = ("by_agreement", "inactive", "against_rules", FRAUD, "other")
MAX_ANSWER = 1_000

# What a step answers in a state that forbids it; a step into the state one is in changes nothing.
_FORBIDS = {
    "active": {"rejected": "enrolment_rejected", "ended": "enrolment_ended"},
    "rejected": {"active": "enrolment_active", "ended": "enrolment_ended"},
    "ended": {"requested": "enrolment_not_active", "rejected": "enrolment_rejected"},
}


@dataclass(frozen=True)
class Door:
    """What a campaign asks of those who come in; `state` is the state as it counts."""

    state: str
    audience: tuple[str, ...]
    joining: str
    questions: tuple[str, ...]


@dataclass(frozen=True)
class Fault:
    """Why not: a status, a code, and where, if a field is wrong."""

    status: int
    code: str
    pointer: str = ""


def door_fault(door: Door, role: str, invited: bool) -> Fault | None:
    """Why this partner may not come in, or None. A draft does not exist (404); ended and paused
    are 409, a role outside the audience 422, a missing invitation 403.
    """
    closed = {"draft": Fault(404, "not_found"), "ended": Fault(409, "campaign_ended")}
    closed["paused"] = Fault(409, "campaign_paused")
    if door.state in closed:
        return closed[door.state]
    if role not in door.audience:
        return Fault(422, "role_not_in_audience", "/role")
    if door.joining == "invite" and not invited:
        return Fault(403, "campaign_by_invitation")
    return None


def begins_as(door: Door, invited: bool) -> str:
    """The first state: an invitation of the merchant is its approval."""
    return "requested" if door.joining == "approval" and not invited else "active"


def answer_faults(questions: Sequence[str], answers: Mapping[str, str]) -> list[tuple[str, str]]:
    """Wrong answers as (JSON pointer, code): missing, too long, or to nothing that was asked."""
    faults = []
    for question in questions:
        answer = answers.get(question, "").strip()
        if not answer:
            faults.append((_place(question), "answer_missing"))
        elif len(answer) > MAX_ANSWER:
            faults.append((_place(question), "answer_too_long"))
    faults += [(_place(q), "answer_unasked") for q in answers if q not in questions]
    return faults


def _place(question: str) -> str:
    return "/answers/" + question.replace("~", "~0").replace("/", "~1")


def move_fault(state: str, to: str) -> str | None:
    """Why an enrolment in `state` cannot become `active`, `rejected` or `ended`; None if it can, or
    is it already.
    """
    return _FORBIDS[to].get(state)
