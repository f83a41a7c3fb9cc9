"""Days and months on a merchant's calendar."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jejaring.kit.periods import (
    ZONES,
    day_of,
    day_start,
    days_back,
    local,
    month_bounds,
    month_of,
)

instants = st.datetimes(
    datetime(1990, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001
)  # fmt: skip
zones = st.sampled_from(sorted(ZONES))
EVENING = datetime(2026, 11, 30, 17, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "month", "hour"),
    [
        ("Asia/Jakarta", date(2026, 12, 1), "2026-12", 0),
        ("Asia/Makassar", date(2026, 12, 1), "2026-12", 1),
        ("Asia/Jayapura", date(2026, 12, 1), "2026-12", 2),
    ],
)
def test_an_evening_in_utc_is_the_next_day_here(
    zone: str, day: date, month: str, hour: int
) -> None:
    assert day_of(EVENING, zone) == day
    assert month_of(EVENING, zone) == month
    assert local(EVENING, zone).hour == hour


def test_jakarta_is_the_default() -> None:
    assert day_of(datetime(2026, 11, 30, 16, 59, tzinfo=UTC)) == date(2026, 11, 30)
    assert day_start(date(2026, 12, 1)) == datetime(2026, 11, 30, 17, tzinfo=UTC)


def test_the_month_after_december_is_january() -> None:
    start, end = month_bounds("2026-12")
    assert (day_of(start), day_of(end)) == (date(2026, 12, 1), date(2027, 1, 1))


@given(instants, zones)
def test_an_instant_lies_in_its_month_and_day(at: datetime, zone: str) -> None:
    start, end = month_bounds(month_of(at, zone), zone)
    assert start <= at < end
    assert month_of(end, zone) != month_of(at, zone) == month_of(end - timedelta(seconds=1), zone)
    assert day_start(day_of(at, zone), zone) <= at


def test_days_back_end_with_today() -> None:
    assert days_back(date(2026, 3, 2), 3) == [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2)]
    assert days_back(date(2026, 3, 2), 0) == []
