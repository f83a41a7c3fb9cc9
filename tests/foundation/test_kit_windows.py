"""The moving window of a minute."""

from hypothesis import given
from hypothesis import strategies as st

from jejaring.kit.windows import SECONDS, Windows


def test_the_next_one_waits_until_the_oldest_is_a_minute_old() -> None:
    windows = Windows()
    assert [windows.hit("a", 2, at) for at in (100.0, 130.0, 140.0)] == [None, None, 20.0]
    assert windows.hit("b", 2, 140.0) is None
    assert windows.hit("a", 2, 160.0) is None
    assert windows.hit("a", 2, 161.0) == 29.0


def test_keys_that_stay_away_are_forgotten() -> None:
    windows = Windows()
    windows.hit("a", 1, 100.0)
    windows.hit("b", 1, 170.0)
    assert list(windows._hits) == ["b"]
    windows.clear()
    assert windows.hit("b", 1, 171.0) is None


@given(st.lists(st.integers(0, 300), min_size=1, max_size=60).map(sorted), st.integers(1, 5))
def test_no_minute_holds_more_than_the_limit(times: list[int], limit: int) -> None:
    windows = Windows()
    allowed = []
    for at in times:
        wait = windows.hit("k", limit, at)
        if wait is None:
            allowed.append(at)
        else:
            assert 0 < wait <= SECONDS
    for at in allowed:
        assert sum(at - SECONDS < other <= at for other in allowed) <= limit
