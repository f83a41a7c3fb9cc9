"""When a campaign counts, what its states allow, and what its budget gives."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.lifecycle.rules import (
    CampaignFacts,
    Dates,
    Span,
    budget_fault,
    dates_fault,
    granted,
    is_spent,
    spans,
    state_now,
    step_fault,
)

DAY = datetime(2026, 11, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return DAY + timedelta(days=number)


@pytest.mark.parametrize(
    ("dates", "pauses", "expected"),
    [
        (Dates(None), [], ()),
        (Dates(None, day(1), day(2)), [], ()),
        (Dates(day(1)), [], ((day(1), None),)),
        (Dates(day(1), starts_at=day(3)), [], ((day(3), None),)),
        (Dates(day(3), starts_at=day(1)), [], ((day(3), None),)),
        (Dates(day(1), ends_at=day(5)), [], ((day(1), day(5)),)),
        (Dates(day(1), ends_at=day(5), ended_at=day(4)), [], ((day(1), day(4)),)),
        (Dates(day(1), ended_at=day(1)), [], ()),
        (Dates(day(1), starts_at=day(6), ended_at=day(4)), [], ()),
        (Dates(day(1)), [(day(2), day(3))], ((day(1), day(2)), (day(3), None))),
        (Dates(day(1)), [(day(2), None)], ((day(1), day(2)),)),
        (Dates(day(1), ended_at=day(4)), [(day(2), None)], ((day(1), day(2)),)),
        (Dates(day(1), ended_at=day(4)), [(day(2), day(3))], ((day(1), day(2)), (day(3), day(4)))),
        (Dates(day(1), ended_at=day(4)), [(day(5), day(6))], ((day(1), day(4)),)),
        (Dates(day(1), starts_at=day(5)), [(day(2), day(3))], ((day(5), None),)),
        (Dates(day(1), starts_at=day(5)), [(day(4), day(6))], ((day(6), None),)),
        (Dates(day(1)), [(day(5), day(6)), (day(2), day(3))],
         ((day(1), day(2)), (day(3), day(5)), (day(6), None))),
    ],
)  # fmt: skip
def test_the_stretches_in_which_a_campaign_counts(
    dates: Dates, pauses: list[Span], expected: tuple[Span, ...]
) -> None:
    assert spans(dates, pauses) == expected


moments = st.integers(0, 20).map(day)
pauses = st.lists(
    st.tuples(moments, st.none() | moments).filter(lambda p: p[1] is None or p[0] < p[1]),
    max_size=4,
)


@given(moments, st.none() | moments, st.none() | moments, st.none() | moments, pauses, moments)
def test_a_campaign_counts_between_its_dates_and_outside_its_pauses(
    launched: datetime,
    starts: datetime | None,
    ends: datetime | None,
    ended: datetime | None,
    gaps: list[Span],
    at: datetime,
) -> None:
    facts = CampaignFacts("c", "m", spans(Dates(launched, starts, ends, ended), gaps), None)
    expected = (
        launched <= at
        and (starts is None or starts <= at)
        and all(end is None or at < end for end in (ends, ended))
        and not any(a <= at and (b is None or at < b) for a, b in gaps)
    )
    assert facts.live_at(at) is expected


def test_what_a_campaign_covers() -> None:
    shop = CampaignFacts("c", "m", (), None)
    some = CampaignFacts("c", "m", (), frozenset({"prd_1"}))
    assert [shop.covers("prd_9"), shop.covers(None)] == [True, True]
    assert [some.covers("prd_1"), some.covers("prd_9"), some.covers(None)] == [True, False, False]


@pytest.mark.parametrize(
    ("state", "ends_at", "expected"),
    [
        ("live", None, "live"),
        ("live", day(3), "live"),
        ("live", day(2), "ended"),
        ("paused", day(1), "ended"),
        ("draft", day(1), "draft"),
        ("ended", None, "ended"),
    ],
)
def test_the_last_instant_ends_a_campaign_by_itself(
    state: str, ends_at: datetime | None, expected: str
) -> None:
    assert state_now(state, ends_at, day(2)) == expected


@pytest.mark.parametrize(
    ("step", "faults"),
    [
        ("launch", [None, "already_live", None, "campaign_ended"]),
        ("pause", ["not_launched", None, "already_paused", "campaign_ended"]),
        ("end", ["not_launched", None, None, "campaign_ended"]),
        ("amend", [None, None, None, "campaign_ended"]),
    ],
)
def test_which_step_a_state_allows(step: str, faults: list[str | None]) -> None:
    assert [step_fault(step, state) for state in ("draft", "live", "paused", "ended")] == faults


@pytest.mark.parametrize(
    ("budget", "reserved", "wanted", "expected"),
    [
        (None, 10**9, 5, 5),
        (100, 0, 5, 5),
        (100, 97, 5, 3),
        (100, 100, 5, 0),
        (100, 120, 5, 0),
        (100, 0, 0, 0),
    ],
)
def test_what_a_commission_gets_of_the_budget(
    budget: int | None, reserved: int, wanted: int, expected: int
) -> None:
    assert granted(budget, reserved, wanted) == expected


def test_when_a_budget_is_spent() -> None:
    assert [is_spent(None, 9), is_spent(9, 8), is_spent(9, 9)] == [False, False, True]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (100, 101, None),
        (100, None, None),
        (None, None, None),
        (100, 99, "budget_only_up"),
        (None, 10**12, "budget_only_up"),
    ],
)
def test_a_budget_only_grows(old: int | None, new: int | None, fault: str | None) -> None:
    assert budget_fault(old, new) == fault


@pytest.mark.parametrize(
    ("starts", "ends", "fault"),
    [
        (None, None, None),
        (day(5), None, None),
        (None, day(3), None),
        (None, day(2), "in_the_past"),
        (day(4), day(4), "ends_before_start"),
        (day(4), day(5), None),
    ],
)
def test_impossible_dates(
    starts: datetime | None, ends: datetime | None, fault: str | None
) -> None:
    assert dates_fault(starts, ends, day(2)) == fault
