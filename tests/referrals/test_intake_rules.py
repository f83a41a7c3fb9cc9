"""Figures as differences: what one order's change adds to each place."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from referrals.intake.rules import Figure, LineFigure, Place, deltas, figures

T = datetime(2026, 11, 24, 3, tzinfo=UTC)
A, B = Place(T, campaign_id="cmp_1", partner_id="org_a"), Place(T)


def test_an_order_counts_once_at_its_first_credited_line() -> None:
    lines = [LineFigure(B, False, 100, 0), LineFigure(A, True, 50, 5)]
    assert figures(lines, counts=True) == [Figure(B, 0, 100, 0), Figure(A, 1, 50, 5)]
    assert [f.sales for f in figures(lines[:1], counts=True)] == [1]
    assert [f.sales for f in figures(lines, counts=False)] == [0, 0]
    assert figures([], counts=True) == []


def test_what_did_not_change_is_not_told() -> None:
    before = [Figure(A, 1, 100, 10), Figure(B, 0, 7, 0)]
    assert deltas(before, before) == []
    assert deltas(before, [Figure(A, 1, 40, 4), Figure(B, 0, 7, 0)]) == [
        {
            "placed_at": T.isoformat(),
            "campaign_id": "cmp_1",
            "partner_id": "org_a",
            "link_id": "",
            "product_id": "",
            "channel": "",
            "sales": 0,
            "sales_amount": -60,
            "commission": -6,
        }
    ]


def test_another_day_takes_from_one_and_adds_to_the_other() -> None:
    moved = Place(T + timedelta(days=1))
    told = deltas([Figure(B, 1, 100, 0)], [Figure(moved, 1, 100, 0)])
    assert [(d["placed_at"], d["sales"]) for d in told] == [
        (T.isoformat(), -1),
        (moved.placed_at.isoformat(), 1),
    ]


some = st.lists(
    st.builds(
        Figure, st.sampled_from([A, B]), st.integers(0, 1), st.integers(0, 9), st.integers(0, 9)
    )
)


@given(some, some)
def test_deltas_sum_to_the_difference(before: list[Figure], after: list[Figure]) -> None:
    told = deltas(before, after)
    for name in ("sales", "sales_amount", "commission"):
        rise = sum(getattr(f, name) for f in after) - sum(getattr(f, name) for f in before)
        assert sum(d[name] for d in told) == rise
