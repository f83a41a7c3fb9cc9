"""How a line is shared among the touches of one campaign, by its policy."""

import pytest

from campaigns.terms.rules import Policy
from referrals.attribution import rules
from referrals.attribution.rules import Seen
from tests.referrals.test_attribution_rules import ONE, PARTNERS, T, hours, promise, touch

SHARED: list[tuple[str, list[Seen], str, dict[str, int]]] = [
    ("one alone", [touch("a1")], "linear", {"a1": 10_000}),
    (
        "three: the rest to the lowest id",
        [touch("c1", hours(3)), touch("b1", hours(2)), touch("a1", hours(1))],
        "linear",
        {"a1": 3_334, "b1": 3_333, "c1": 3_333},
    ),
    ("position of one", [touch("a1")], "position", {"a1": 10_000}),
    (
        "position of two",
        [touch("a1", hours(3)), touch("b1", hours(1))],
        "position",
        {"a1": 5_000, "b1": 5_000},
    ),
    (
        "position of three",
        [touch("b1", hours(3)), touch("c1", hours(2)), touch("a1", hours(1))],
        "position",
        {"a1": 4_000, "b1": 4_000, "c1": 2_000},
    ),
    (
        "position of four",
        [
            touch("d1", hours(4)),
            touch("b1", hours(3)),
            touch("c1", hours(2)),
            touch("a1", hours(1)),
        ],
        "position",
        {"a1": 4_000, "b1": 1_000, "c1": 1_000, "d1": 4_000},
    ),
    (
        "a partner's touches make one share, shown by the latest",
        [touch("a1", hours(3)), touch("b1", hours(2)), touch("a2", hours(1))],
        "position",
        {"a2": 8_000, "b1": 2_000},
    ),
    (
        "whose latest touch may have the lowest id",
        [touch("a2", hours(3)), touch("b1", hours(2)), touch("a1", hours(1))],
        "position",
        {"a1": 8_000, "b1": 2_000},
    ),
    (
        "only touches of the best one's precedence share",
        [touch("a1", hours(3)), touch("b1", hours(2)), touch("c9", T, "coupon")],
        "linear",
        {"c9": 10_000},
    ),
    (
        "and only eligible ones",
        [touch("a1", hours(24 * 31)), touch("b1", hours(2)), touch("c1", hours(1), uses=20)],
        "linear",
        {"b1": 10_000},
    ),
]


@pytest.mark.parametrize(
    ("touches", "model", "wanted"), [s[1:] for s in SHARED], ids=[s[0] for s in SHARED]
)
def test_a_line_is_shared(touches: list[Seen], model: str, wanted: dict[str, int]) -> None:
    promises = {"cmp_1": promise(policy=Policy(model))}
    verdict = rules.credit(touches, promises, PARTNERS, ONE)
    assert {s.touch.id: s.share_bp for s in verdict.shares} == wanted
    clicks = [j for j in verdict.judged if j.won and j.touch.by == "click"]
    assert {j.reason for j in clicks} <= {model}
    assert [s.why for s in verdict.shares] == [
        model if s.touch.by == "click" else s.touch.by for s in verdict.shares
    ]


def test_with_five_between_the_rest_of_the_middle_goes_to_the_lowest_ids() -> None:
    seen = [touch(f"a{i}", hours(9 - i)) for i in range(8)]
    shares = {t.id: bp for t, bp in rules.parts("position", seen)}
    assert sum(shares.values()) == 10_000
    assert [shares[f"a{i}"] for i in range(8)] == [4_000, 334, 334, 333, 333, 333, 333, 4_000]
