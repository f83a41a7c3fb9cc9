"""Who gets the credit, line by line: one pure function over touches, policies and the sale."""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.enrolments.rules import EnrolmentFacts
from campaigns.lifecycle.rules import CampaignFacts
from campaigns.terms.rules import Policy
from jejaring.kit.money import FULL_BP, split

CHANNEL = {
    "click": "link",
    "scan": "scan",
    "coupon": "coupon",
    "chat": "chat",
    "creator": "marketplace",
    "bond": "link",
    "manual": "link",
}
_RANK = {"manual": 0, "coupon": 1, "chat": 2, "creator": 2, "click": 3, "scan": 3, "bond": 5}
_COUPON_BEHIND = 4
_ORDER = ("not_covered", "after_sale", "outside_window", "not_live", "enrolment_ended", "used_up")


@dataclass(frozen=True)
class Seen:
    """One touch: `by` click, scan, coupon, chat, creator, bond or manual; a coupon's is at
    placed_at. `uses` is how many orders it has credited before; `own` marks the partner's own
    browser. `stands`: it has won other lines of the order, so its time is judged already.
    """

    id: str
    by: str
    at: datetime
    enrolment_id: str
    partner_id: str
    campaign_id: str
    product_id: str | None = None
    link_id: str = ""
    own: bool = False
    uses: int = 0
    stands: bool = False


@dataclass(frozen=True)
class Promise:
    """A campaign as its touches are judged: its facts, and the terms version of this sale."""

    facts: CampaignFacts
    policy: Policy
    terms_number: int


@dataclass(frozen=True)
class Sold:
    """The sale as credit needs it: when, and each line's position and product."""

    placed_at: datetime
    lines: tuple[tuple[int, str | None], ...]


@dataclass(frozen=True)
class Share:
    """A part of a line, in basis points, for one touch; `why` is a reason code."""

    position: int
    touch: Seen
    share_bp: int
    item: str
    why: str


@dataclass(frozen=True)
class Judged:
    """A touch that was considered, whether it won any line, and why (not)."""

    touch: Seen
    won: bool
    reason: str


@dataclass(frozen=True)
class Verdict:
    """Shares by line, every touch judged, and for each line without credit the reason."""

    shares: tuple[Share, ...]
    judged: tuple[Judged, ...]
    uncredited: Mapping[int, str]


def moment(placed_at: datetime) -> datetime:
    """The instant that a sale is judged at. Shops often send whole seconds: such a time stands for
    the end of its second, so that a click earlier in that second is not taken for a later one.
    """
    return placed_at if placed_at.microsecond else placed_at.replace(microsecond=999_999)


def rank(touch: Seen, policy: Policy) -> int:
    """Precedence, lower is stronger: manual, coupon, chat and creator, clicks and scans, bond.

    A coupon of a campaign whose `coupon_beats_click` is false counts only where there is no click.
    """
    if touch.by == "coupon" and not policy.coupon_beats_click:
        return _COUPON_BEHIND
    return _RANK[touch.by]


def credit(
    touches: Collection[Seen],
    promises: Mapping[str, Promise],
    enrolments: Mapping[str, EnrolmentFacts],
    sale: Sold,
    click_limit: int = 20,
) -> Verdict:
    """Who is credited for each line.

    A touch is eligible for a line if its campaign covers the product, was live at touch and sale,
    its enrolment active at both, within the campaign's window (a bond has a term of its own), not
    after placed_at, and (a click) it has credited fewer than click_limit orders. The best one
    (precedence, then latest, then higher id) names the campaign; that campaign's policy shares the
    line among its touches of the same precedence (`parts`); a partner's touches make one share
    (`by_partner`). Shares of a line sum to 10 000 bp. The order of `touches` does not matter.
    """
    ordered = sorted(touches, key=_in_time)
    judge = _Judge(promises, enrolments, sale.placed_at, click_limit)
    shares: list[Share] = []
    won: set[int] = set()
    uncredited: dict[int, str] = {}
    losses: dict[int, list[str]] = {i: [] for i in range(len(ordered))}
    for position, product_id in sale.lines:
        faults = [judge.fault(touch, product_id) for touch in ordered]
        fit = [t for t, fault in zip(ordered, faults, strict=True) if fault is None]
        best = max(fit, key=judge.strength, default=None)
        chosen = judge.shared(best, fit) if best is not None else []
        if best is None:
            uncredited[position] = _latest_fault(faults)
        won |= {id(touch) for touch, _ in chosen}
        for touch, share_bp in by_partner(chosen):
            item = _item(touch, product_id)
            shares.append(Share(position, touch, share_bp, item, judge.why(touch)))
        for i, (touch, fault) in enumerate(zip(ordered, faults, strict=True)):
            if fault is None:
                assert best is not None  # noqa: S101 — what has no fault is fit
                fault = judge.lost(touch, best)
            losses[i].append(fault)
    judged = tuple(
        Judged(t, id(t) in won, judge.why(t) if id(t) in won else _latest_fault(losses[i]))
        for i, t in enumerate(ordered)
    )
    return Verdict(tuple(shares), judged, uncredited)


def _in_time(touch: Seen) -> tuple[datetime, str, str]:
    return (touch.at, touch.id, touch.enrolment_id)


def parts(model: str, touches: Sequence[Seen]) -> list[tuple[Seen, int]]:
    """How a policy shares a line among touches (at least one, in the order of time, of equal ones
    the lower id first): basis points that sum to 10 000.

    last_touch, first_touch: the latest, the earliest alone. linear: equal parts. position: 40 % to
    the earliest, 40 % to the latest, 20 % in equal parts to those between; two touches 50/50. By
    largest remainder, ties to the lowest touch id.
    """
    if model in ("last_touch", "first_touch"):
        return [(touches[0 if model == "first_touch" else -1], FULL_BP)]
    between = len(touches) - 2
    weights = [1] * len(touches)
    if model == "position" and between > 0:
        weights = [2 * between, *[1] * between, 2 * between]
    ordered = sorted(zip(touches, weights, strict=True), key=lambda p: (p[0].id, p[0].enrolment_id))
    bps = split(FULL_BP, [weight for _, weight in ordered])
    return [(touch, bp) for (touch, _), bp in zip(ordered, bps, strict=True)]


def by_partner(chosen: Sequence[tuple[Seen, int]]) -> list[tuple[Seen, int]]:
    """Each enrolment once, with the sum of its touches' parts; its latest touch (then the higher
    id) stands for it. In the order of those touches' ids.
    """
    sums: dict[str, int] = {}
    faces: dict[str, Seen] = {}
    for touch, share_bp in chosen:
        sums[touch.enrolment_id] = sums.get(touch.enrolment_id, 0) + share_bp
        known = faces.get(touch.enrolment_id, touch)
        faces[touch.enrolment_id] = max(known, touch, key=_in_time)
    found = [(faces[enrolment_id], share_bp) for enrolment_id, share_bp in sums.items()]
    return sorted(found, key=lambda p: (p[0].id, p[0].enrolment_id))


def _latest_fault(faults: Sequence[str | None]) -> str:
    """The reason that came closest to winning: the last check that a touch failed."""
    known = [f for f in faults if f is not None]
    if not known:
        return "no_touch"
    return max(known, key=lambda f: _ORDER.index(f) if f in _ORDER else len(_ORDER))


@dataclass(frozen=True)
class _Judge:
    promises: Mapping[str, Promise]
    enrolments: Mapping[str, EnrolmentFacts]
    placed_at: datetime
    click_limit: int

    def fault(self, touch: Seen, product_id: str | None) -> str | None:
        """Why the touch is not eligible for a line of this product; None if it is."""
        promise = self.promises.get(touch.campaign_id)
        enrolment = self.enrolments.get(touch.enrolment_id)
        at, sold = touch.at, self.placed_at
        if promise is None or enrolment is None:  # the campaign may be younger than the sale
            return "after_sale" if at > sold else "not_live"
        facts = promise.facts
        if not facts.covers(product_id):
            return "not_covered"
        return None if touch.stands else self._out_of_time(touch, promise, enrolment)

    def _out_of_time(self, touch: Seen, promise: Promise, enrolment: EnrolmentFacts) -> str | None:
        facts, at, sold = promise.facts, touch.at, self.placed_at
        if at > sold:
            return "after_sale"
        window = timedelta(days=promise.policy.window_days)
        if touch.by != "bond" and sold - at > window:
            return "outside_window"
        if not (facts.live_at(at) and facts.live_at(sold)):
            return "not_live"
        if not (enrolment.active_at(at) and enrolment.active_at(sold)):
            return "enrolment_ended"
        if touch.by in ("click", "scan") and touch.uses >= self.click_limit:
            return "used_up"
        return None

    def strength(self, touch: Seen) -> tuple[int, datetime, str, str]:
        policy = self.promises[touch.campaign_id].policy
        return (-rank(touch, policy), *_in_time(touch))

    def shared(self, best: Seen, fit: Sequence[Seen]) -> list[tuple[Seen, int]]:
        """The touches that share a line by the policy of the best one's campaign, with their parts
        in basis points.
        """
        policy = self.promises[best.campaign_id].policy
        level = rank(best, policy)
        same = [t for t in fit if t.campaign_id == best.campaign_id and rank(t, policy) == level]
        return parts(policy.model, sorted(same, key=_in_time))

    def why(self, touch: Seen) -> str:
        """The reason of a touch that won."""
        model = self.promises[touch.campaign_id].policy.model
        return model if touch.by in ("click", "scan") else touch.by

    def lost(self, touch: Seen, best: Seen) -> str:
        """Why an eligible touch lost to the best one (or to the one its policy chose)."""
        policy = self.promises[best.campaign_id].policy
        stronger = rank(best, policy) != rank(touch, self.promises[touch.campaign_id].policy)
        if stronger:
            kind = "click" if best.by == "scan" else best.by
            return f"lost_to_{kind}"
        if touch.campaign_id == best.campaign_id and policy.model == "first_touch":
            return "earlier_touch"
        return "later_touch"


def _item(touch: Seen, product_id: str | None) -> str:
    return "direct" if touch.product_id in (None, product_id) else "indirect"


def summary(shares: Sequence[tuple[str, int, int]]) -> dict[str, int]:
    """The order's credit: (enrolment, line base, share_bp) of each line → enrolment's part of the
    credited base in basis points, summing to 10 000 (largest remainder, ties to the first seen).
    """
    sums: dict[str, int] = {}
    for enrolment_id, base, share_bp in shares:
        sums[enrolment_id] = sums.get(enrolment_id, 0) + base * share_bp
    if not sums:
        return {}
    return dict(zip(sums, split(FULL_BP, list(sums.values())), strict=True))


@dataclass(frozen=True)
class Buyer:
    """By what a buyer is compared with a partner: phone (E.164), e-mail (dots and +tags folded),
    and the blind indexes of the e-wallets that the phone can be.
    """

    phone: str | None = None
    email: str | None = None
    accounts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Person:
    """By what a partner is: contacts of their people and of other partners who are paid to the same
    account, and the accounts' blind indexes.
    """

    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()


def is_self(partner_id: str, touches: Collection[Seen], buyer: Buyer, person: Person) -> bool:
    """Self-referral: the buyer's phone or e-mail is one of the partner's people's (or of a partner
    who is paid to the same account), the buyer's phone is the wallet that the partner is paid to,
    or a touch of the sale was made in the partner's own browser.
    """
    return (
        (buyer.phone is not None and buyer.phone in person.phones)
        or (buyer.email is not None and buyer.email in person.emails)
        or bool(buyer.accounts & person.accounts)
        or any(t.own and t.partner_id == partner_id for t in touches)
    )


@dataclass(frozen=True)
class Standing:
    """A bond as it stands: the order that made it, when that was placed, and whose it is."""

    sale_id: str
    enrolment_id: str
    placed_at: datetime


def bond_moves(
    standing: Standing | None, sale_id: str, enrolment_id: str, placed_at: datetime
) -> bool:
    """Whether a completed order, credited by a fresh touch, makes a bond: where none stands; where
    its order was placed no earlier than the one that made the standing bond (also for the same
    partner: it begins anew); and the order that made it, where its credit was changed.
    """
    if standing is None:
        return True
    if standing.sale_id == sale_id:
        return standing.enrolment_id != enrolment_id
    return placed_at >= standing.placed_at


def fold_creator(name: str) -> str:
    """A marketplace's name as it is compared: NFKC, no @ in front, no spaces, one case, at most 100
    characters.
    """
    flat = "".join(unicodedata.normalize("NFKC", name).split())
    return flat.lstrip("@").casefold()[:100]
