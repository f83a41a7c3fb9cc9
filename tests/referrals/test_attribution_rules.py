"""Who gets the credit: a table of stories, and the laws that hold for all of them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.enrolments.rules import EnrolmentFacts
from campaigns.lifecycle.rules import CampaignFacts
from campaigns.terms.rules import Policy
from referrals.attribution import rules
from referrals.attribution.rules import Promise, Seen, Sold, Verdict

T = datetime(2026, 11, 24, 3, tzinfo=UTC)
BEGAN = T - timedelta(days=100)


def hours(n: float) -> datetime:
    return T - timedelta(hours=n)


def touch(name: str, at: datetime = T, by: str = "click", **more: object) -> Seen:
    """`a1`: touch 1 of partner a; campaign 1 unless given."""
    partner = name[0]
    values: dict[str, object] = {
        "id": name,
        "by": by,
        "at": at,
        "enrolment_id": f"enr_{partner}",
        "partner_id": f"org_{partner}",
        "campaign_id": "cmp_1",
    }
    return Seen(**(values | more))  # type: ignore[arg-type]


def partner(name: str, campaign: str = "cmp_1", **more: object) -> EnrolmentFacts:
    values: dict[str, object] = {
        "id": f"enr_{name}",
        "campaign_id": campaign,
        "merchant_id": "org_m",
        "partner_id": f"org_{name}",
        "partner_slug": name,
        "role": "reseller",
        "tier": "bronze",
        "active_from": BEGAN,
        "active_to": None,
    }
    return EnrolmentFacts(**(values | more))  # type: ignore[arg-type]


def promise(
    campaign: str = "cmp_1",
    policy: Policy | None = None,
    products: frozenset[str] | None = None,
    spans: tuple[tuple[datetime, datetime | None], ...] = ((BEGAN, None),),
) -> Promise:
    return Promise(CampaignFacts(campaign, "org_m", spans, products), policy or Policy(), 1)


PARTNERS = {f"enr_{name}": partner(name) for name in "abcd"}
ONE = Sold(T, ((1, "prd_1"),))


def winner(verdict: Verdict) -> str | None:
    return verdict.shares[0].touch.id if verdict.shares else None


def reasons(verdict: Verdict) -> dict[str, str]:
    return {j.touch.id: j.reason for j in verdict.judged}


STORIES: list[tuple[str, list[Seen], Policy, str | None, dict[str, str]]] = [
    ("nobody", [], Policy(), None, {}),
    (
        "the last touch",
        [touch("a1", hours(3)), touch("b1", hours(1))],
        Policy(),
        "b1",
        {"a1": "later_touch", "b1": "last_touch"},
    ),
    (
        "the first touch",
        [touch("a1", hours(3)), touch("b1", hours(1))],
        Policy("first_touch"),
        "a1",
        {"a1": "first_touch", "b1": "earlier_touch"},
    ),
    (
        "a tie goes to the higher id",
        [touch("a1", hours(1)), touch("b1", hours(1))],
        Policy(),
        "b1",
        {"a1": "later_touch", "b1": "last_touch"},
    ),
    (
        "first touch: a tie goes to the lower id",
        [touch("a1", hours(1)), touch("b1", hours(1))],
        Policy("first_touch"),
        "a1",
        {"a1": "first_touch", "b1": "earlier_touch"},
    ),
    (
        "a coupon beats a click",
        [touch("a1", hours(1)), touch("b9", T, "coupon")],
        Policy(),
        "b9",
        {"a1": "lost_to_coupon", "b9": "coupon"},
    ),
    (
        "a coupon beats a click under first touch, too",
        [touch("a1", hours(1)), touch("b9", T, "coupon")],
        Policy("first_touch"),
        "b9",
        {"a1": "lost_to_coupon", "b9": "coupon"},
    ),
    (
        "a coupon that does not beat clicks counts only without one",
        [touch("a1", hours(1), "scan"), touch("b9", T, "coupon")],
        Policy(coupon_beats_click=False),
        "a1",
        {"a1": "last_touch", "b9": "lost_to_click"},
    ),
    (
        "and without a click it counts",
        [touch("b9", T, "coupon")],
        Policy(coupon_beats_click=False),
        "b9",
        {"b9": "coupon"},
    ),
    (
        "a person decides over all",
        [touch("a1", T, "coupon"), touch("b1", hours(5), "manual")],
        Policy(),
        "b1",
        {"a1": "lost_to_manual", "b1": "manual"},
    ),
    (
        "a chat reference beats a click, which beats a bond",
        [touch("a1", hours(1)), touch("b1", hours(9), "chat"), touch("c1", T, "bond")],
        Policy(),
        "b1",
        {"a1": "lost_to_chat", "b1": "chat", "c1": "lost_to_chat"},
    ),
    (
        "the window",
        [touch("a1", hours(24 * 30)), touch("b1", hours(24 * 30 + 1))],
        Policy(),
        "a1",
        {"a1": "last_touch", "b1": "outside_window"},
    ),
    (
        "after the sale",
        [touch("a1", T + timedelta(seconds=1))],
        Policy(),
        None,
        {"a1": "after_sale"},
    ),
    (
        "a click that was used up",
        [touch("a1", hours(1), uses=20), touch("b1", hours(2), uses=19)],
        Policy(),
        "b1",
        {"a1": "used_up", "b1": "last_touch"},
    ),
    (
        "a code that was scanned is used up as well",
        [touch("a1", hours(1), "scan", uses=20), touch("b1", hours(2), "scan", uses=19)],
        Policy(),
        "b1",
        {"a1": "used_up", "b1": "last_touch"},
    ),
    (
        "a campaign that is younger than the sale",
        [
            touch("a1", T + timedelta(seconds=1), campaign_id="cmp_9"),
            touch("b1", T, campaign_id="cmp_9"),
        ],
        Policy(),
        None,
        {"a1": "after_sale", "b1": "not_live"},
    ),
    (
        "a campaign that is not known",
        [touch("a1", hours(1), campaign_id="cmp_9")],
        Policy(),
        None,
        {"a1": "not_live"},
    ),
    (
        "a partner that is not known",
        [touch("z1", hours(1))],
        Policy(),
        None,
        {"z1": "not_live"},
    ),
]


@pytest.mark.parametrize(
    ("touches", "policy", "wins", "why"), [s[1:] for s in STORIES], ids=[s[0] for s in STORIES]
)
def test_stories(
    touches: list[Seen], policy: Policy, wins: str | None, why: dict[str, str]
) -> None:
    verdict = rules.credit(touches, {"cmp_1": promise(policy=policy)}, PARTNERS, ONE)
    assert winner(verdict) == wins
    assert reasons(verdict) == why


def test_the_order_of_precedence() -> None:
    ways = ("manual", "coupon", "chat", "creator", "click", "scan", "bond")
    manual, coupon, chat, creator, click, scan, bond = (
        rules.rank(touch("a1", by=by), Policy()) for by in ways
    )
    behind = rules.rank(touch("a1", by="coupon"), Policy(coupon_beats_click=False))
    assert manual < coupon < chat == creator < click == scan < behind < bond


def test_a_pause_at_the_touch_or_at_the_sale_loses() -> None:
    for spans in (((BEGAN, hours(2)), (hours(0.5), None)), ((BEGAN, hours(0.5)),)):
        promises = {"cmp_1": promise(spans=spans)}
        verdict = rules.credit([touch("a1", hours(1))], promises, PARTNERS, ONE)
        assert reasons(verdict) == {"a1": "not_live"}


@pytest.mark.parametrize(
    "facts",
    [
        partner("a", active_from=None),
        partner("a", active_from=hours(0.5)),
        partner("a", active_to=hours(0.5)),
        partner("a", active_to=hours(2)),
    ],
)
def test_a_partner_who_was_not_active_at_both_loses(facts: EnrolmentFacts) -> None:
    verdict = rules.credit([touch("a1", hours(1))], {"cmp_1": promise()}, {"enr_a": facts}, ONE)
    assert reasons(verdict) == {"a1": "enrolment_ended"}
    assert verdict.uncredited == {1: "enrolment_ended"}


def test_each_line_is_paid_by_one_campaign_and_bare_lines_say_so() -> None:
    promises = {
        "cmp_1": promise(products=frozenset({"prd_1"})),
        "cmp_2": promise("cmp_2", products=frozenset({"prd_2"})),
    }
    partners = PARTNERS | {"enr_b": partner("b", "cmp_2")}
    touches = [touch("a1", hours(1)), touch("b1", hours(2), campaign_id="cmp_2")]
    sale = Sold(T, ((1, "prd_1"), (2, "prd_2"), (3, None)))
    verdict = rules.credit(touches, promises, partners, sale)
    assert [(s.position, s.touch.id) for s in verdict.shares] == [(1, "a1"), (2, "b1")]
    assert verdict.uncredited == {3: "not_covered"}
    assert all(j.won for j in verdict.judged)


def test_direct_is_what_the_link_led_to_or_anything_without_a_product() -> None:
    sale = Sold(T, ((1, "prd_1"), (2, "prd_2")))
    for product, items in ((None, ["direct", "direct"]), ("prd_1", ["direct", "indirect"])):
        seen = [touch("a1", hours(1), product_id=product)]
        verdict = rules.credit(seen, {"cmp_1": promise()}, PARTNERS, sale)
        assert [s.item for s in verdict.shares] == items


# Each line's reasons, and the one that came closest to winning.
CLOSEST: list[tuple[list[Seen], str]] = [
    ([], "no_touch"),
    ([touch("a1", hours(24 * 31)), touch("b1", T + timedelta(hours=1))], "outside_window"),
    ([touch("a1", hours(24 * 31)), touch("b1", hours(1), campaign_id="cmp_9")], "not_live"),
    ([touch("b1", hours(1), campaign_id="cmp_9"), touch("e1", hours(2))], "enrolment_ended"),
    ([touch("a1", hours(1), uses=20), touch("e1", hours(2))], "used_up"),
]


@pytest.mark.parametrize(("touches", "reason"), CLOSEST, ids=[c[1] for c in CLOSEST])
def test_a_bare_line_says_what_came_closest(touches: list[Seen], reason: str) -> None:
    partners = PARTNERS | {"enr_e": partner("e", active_to=hours(3))}
    for seen in (touches, touches[::-1]):
        verdict = rules.credit(seen, {"cmp_1": promise()}, partners, ONE)
        assert verdict.uncredited == {1: reason}


@pytest.mark.parametrize("lines", [((1, "prd_1"), (2, "prd_2")), ((1, "prd_2"), (2, "prd_1"))])
def test_a_touch_that_lost_one_line_and_missed_another_lost(
    lines: tuple[tuple[int, str], ...],
) -> None:
    promises = {"cmp_1": promise(products=frozenset({"prd_1"}))}
    touches = [touch("a1", hours(2)), touch("b1", hours(1))]
    verdict = rules.credit(touches, promises, PARTNERS, Sold(T, lines))
    assert reasons(verdict) == {"a1": "later_touch", "b1": "last_touch"}


def test_a_bond_lasts_longer_than_the_window_and_yields_to_everything() -> None:
    old = touch("a1", hours(24 * 200), "bond")
    verdict = rules.credit(
        [old],
        {"cmp_1": promise(spans=((hours(24 * 300), None),))},
        {"enr_a": partner("a", active_from=hours(24 * 300))},
        ONE,
    )
    assert reasons(verdict) == {"a1": "bond"}
    late = [touch("b1", T - timedelta(days=1), "bond"), touch("a1", hours(700))]
    verdict = rules.credit(late, {"cmp_1": promise()}, PARTNERS, ONE)
    assert reasons(verdict) == {"a1": "last_touch", "b1": "lost_to_click"}


def test_the_best_touch_names_the_campaign_whose_policy_decides() -> None:
    promises = {
        "cmp_1": promise(policy=Policy("first_touch")),
        "cmp_2": promise("cmp_2"),
    }
    partners = PARTNERS | {"enr_c": partner("c", "cmp_2")}
    touches = [
        touch("a1", hours(9)),
        touch("b1", hours(1)),
        touch("c1", hours(5), campaign_id="cmp_2"),
    ]
    verdict = rules.credit(touches, promises, partners, ONE)
    assert winner(verdict) == "a1"
    assert reasons(verdict) == {"a1": "first_touch", "b1": "earlier_touch", "c1": "later_touch"}


seen_touches = st.lists(
    st.builds(
        lambda who, n, by, ago, product, campaign: touch(
            f"{who}{n}",
            hours(ago),
            by,
            product_id=product,
            campaign_id=campaign,
            enrolment_id=f"enr_{who}",
        ),
        st.sampled_from("abcdz"),
        st.integers(0, 9),
        st.sampled_from(["click", "scan", "coupon", "chat", "creator", "bond", "manual"]),
        st.sampled_from([-1, 0, 1, 2, 24 * 29, 24 * 31]),
        st.sampled_from([None, "prd_1"]),
        st.sampled_from(["cmp_1", "cmp_2", "cmp_3"]),
    ),
    max_size=8,
    unique_by=lambda t: (t.id, t.enrolment_id),
)
policies = st.builds(
    Policy,
    st.sampled_from(["last_touch", "first_touch", "linear", "position"]),
    st.just(30),
    st.booleans(),
)


@given(seen_touches, policies, policies, st.randoms())
def test_the_laws_of_credit(touches: list[Seen], one: Policy, two: Policy, chance: object) -> None:
    promises = {
        "cmp_1": promise(policy=one),
        "cmp_2": promise("cmp_2", two, frozenset({"prd_1"})),
    }
    sale = Sold(T, ((1, "prd_1"), (2, "prd_2")))
    verdict = rules.credit(touches, promises, PARTNERS, sale)
    for position, _ in sale.lines:
        shares = [s for s in verdict.shares if s.position == position]
        assert sum(s.share_bp for s in shares) == (0 if position in verdict.uncredited else 10_000)
        assert len({s.touch.campaign_id for s in shares}) <= 1
        assert len({s.touch.enrolment_id for s in shares}) == len(shares)
        assert all(s.share_bp > 0 for s in shares)
    mixed = list(touches)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert rules.credit(mixed, promises, PARTNERS, sale) == verdict
    assert len(verdict.judged) == len(touches)
    won = {(j.touch.id, j.touch.enrolment_id) for j in verdict.judged if j.won}
    assert won >= {(s.touch.id, s.touch.enrolment_id) for s in verdict.shares}
    assert {e for _, e in won} == {s.touch.enrolment_id for s in verdict.shares}


@pytest.mark.parametrize(("stands", "reason"), [(False, "not_live"), (True, "last_touch")])
def test_what_has_won_a_line_of_the_order_still_stands_after_its_campaign(
    stands: bool, reason: str
) -> None:
    over = promise(spans=((BEGAN, hours(1)),), products=frozenset({"prd_1"}))
    seen = [touch("a1", hours(2), stands=stands)]
    sold = Sold(T, ((1, "prd_1"), (2, "prd_2")))
    verdict = rules.credit(seen, {"cmp_1": over}, PARTNERS, sold)
    assert reasons(verdict) == {"a1": reason}
    assert [share.position for share in verdict.shares] == ([1] if stands else [])
    assert verdict.uncredited[2] == "not_covered"
