"""Who buys from themselves; channels, names as they are folded, sums, moments, bonds that move."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.terms.rules import CHANNELS, Policy
from referrals.attribution import rules
from referrals.attribution.rules import Buyer, Person, Standing
from tests.referrals.test_attribution_rules import ONE, PARTNERS, promise, touch


@pytest.mark.parametrize(
    ("by", "channel"),
    [
        ("click", "link"),
        ("scan", "scan"),
        ("coupon", "coupon"),
        ("chat", "chat"),
        ("creator", "marketplace"),
        ("bond", "link"),
        ("manual", "link"),
    ],
)
def test_every_way_a_touch_comes_is_a_channel_that_terms_can_ask_for(by: str, channel: str) -> None:
    assert rules.CHANNEL[by] == channel
    assert channel in CHANNELS
    assert rules.rank(touch("a1", by=by), Policy()) >= 0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 10**6), st.just(10_000))))
def test_the_summary_sums_to_the_whole(shares: list[tuple[str, int, int]]) -> None:
    found = rules.summary(shares)
    assert sum(found.values()) == (10_000 if shares else 0)
    assert set(found) == {who for who, _, _ in shares}


@pytest.mark.parametrize(
    ("shares", "parts"),
    [
        ([("a", 100, 10_000)] * 2 + [("b", 100, 10_000)], {"a": 6_667, "b": 3_333}),
        ([("a", 100, 5_000), ("b", 100, 5_000)], {"a": 5_000, "b": 5_000}),
        ([("a", 0, 10_000), ("b", 1, 1)], {"a": 0, "b": 10_000}),
    ],
)
def test_the_summary_weighs_each_line_by_its_base(
    shares: list[tuple[str, int, int]], parts: dict[str, int]
) -> None:
    assert rules.summary(shares) == parts


@pytest.mark.parametrize(
    ("own", "buyer", "selfish"),
    [
        (False, (None, None), False),
        (False, ("+62811", None), True),
        (False, ("+62812", "x@y.id"), False),
        (False, (None, "rina@y.id"), True),
        (True, (None, None), True),
    ],
)
def test_who_buys_from_themselves(
    own: bool, buyer: tuple[str | None, str | None], selfish: bool
) -> None:
    person = Person(frozenset({"+62811"}), frozenset({"rina@y.id"}), frozenset({"dana"}))
    touches = [touch("a1", own=own), touch("b1", own=True)]
    assert rules.is_self("org_a", touches, Buyer(*buyer), person) is selfish


def test_of_whom_nothing_is_known_nothing_is_said() -> None:
    assert not rules.is_self("org_a", [touch("a1")], Buyer(), Person())
    assert not rules.is_self("org_a", [], Buyer("+62811", "x@y.id"), Person())
    plain = rules.credit([touch("a1")], {"cmp_1": promise()}, PARTNERS, ONE, click_limit=1)
    assert [s.item for s in plain.shares] == ["direct"]


def test_a_wallet_that_is_the_buyers_phone_is_the_partner() -> None:
    person = Person(accounts=frozenset({"dana", "gopay"}))
    for accounts, selfish in ((frozenset({"dana"}), True), (frozenset({"ovo"}), False)):
        assert rules.is_self("org_a", [], Buyer("+62811", None, accounts), person) is selfish


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("@Rina.Shop ", "rina.shop"),
        ("ＲＩＮＡ  shop", "rinashop"),
        ("rina", "rina"),
        ("@Xenia", "xenia"),
    ],
)
def test_a_creators_name_is_folded(typed: str, same: str) -> None:
    assert rules.fold_creator(typed) == same


def test_a_creators_name_has_a_hundred_characters_at_most() -> None:
    assert rules.fold_creator("@" + "a" * 120) == "a" * 100


PLACED = datetime(2026, 11, 24, 5, tzinfo=UTC)
STANDING = Standing("sal_1", "enr_a", PLACED)


@pytest.mark.parametrize(
    ("standing", "sale_id", "enrolment_id", "later", "moves"),
    [
        (None, "sal_1", "enr_a", 0, True),
        (STANDING, "sal_2", "enr_b", 1, True),
        (STANDING, "sal_2", "enr_a", 1, True),
        (STANDING, "sal_2", "enr_b", 0, True),
        (STANDING, "sal_2", "enr_b", -1, False),
        (STANDING, "sal_1", "enr_a", 0, False),
        (STANDING, "sal_1", "enr_b", 0, True),
    ],
)
def test_when_an_order_makes_a_bond(
    standing: Standing | None, sale_id: str, enrolment_id: str, later: int, moves: bool
) -> None:
    placed_at = PLACED + timedelta(seconds=later)
    assert rules.bond_moves(standing, sale_id, enrolment_id, placed_at) is moves


@pytest.mark.parametrize(
    ("placed_at", "judged_at"),
    [
        (datetime(2026, 11, 24, 5, 7, 37, tzinfo=UTC), "2026-11-24T05:07:37.999999+00:00"),
        (datetime(2026, 11, 24, 5, 7, 37, 5, tzinfo=UTC), "2026-11-24T05:07:37.000005+00:00"),
    ],
)
def test_a_whole_second_stands_for_its_end(placed_at: datetime, judged_at: str) -> None:
    assert rules.moment(placed_at).isoformat() == judged_at
