"""Cursors: they come back as they were made, and nothing else is taken for one."""

import base64
import contextlib
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jejaring.kit.errors import Invalid
from jejaring.kit.paging import Cursor, cut, decode, encode

times = st.datetimes(
    datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001
)  # fmt: skip
ids = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=32)


@given(times, ids)
def test_a_cursor_comes_back_as_it_was(at: datetime, row_id: str) -> None:
    text = encode(Cursor(at, row_id))
    assert decode(text) == Cursor(at, row_id)
    assert text.replace("-", "").replace("_", "").isalnum()


def _packed(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


NOW = datetime(2026, 11, 24, tzinfo=UTC).isoformat()


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "ééé", "%%%", "\x00", "AAAA",
        _packed(None), _packed({}), _packed([]), _packed(5), _packed([NOW]),
        _packed([NOW, "a", "b"]), _packed([NOW, 5]), _packed([NOW, "a\x00"]),
        _packed([5, "a"]), _packed(["never", "a"]), _packed(["2026-11-24T00:00:00", "a"]),
        _packed(["0001-01-01T00:00:00+07:00", "a"]), _packed(["9999-12-31T23:59:59-07:00", "a"]),
    ],
)  # fmt: skip
def test_what_we_did_not_make_is_refused_at_its_field(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        decode(text)
    assert [(f.pointer, f.code) for f in caught.value.fields] == [("/cursor", "bad_cursor")]


@given(st.text(max_size=60))
def test_no_text_does_worse_than_a_refusal(text: str) -> None:
    with contextlib.suppress(Invalid):
        assert isinstance(decode(text), Cursor)


def test_another_offset_is_the_same_instant() -> None:
    at = datetime(2026, 11, 24, 7, tzinfo=timezone(timedelta(hours=7)))
    assert decode(encode(Cursor(at, "a"))).at == datetime(2026, 11, 24, tzinfo=UTC)


@given(st.lists(st.integers(), max_size=20), st.integers(1, 10))
def test_cutting_keeps_the_page_and_tells_of_more(rows: list[int], limit: int) -> None:
    page, more = cut(rows, limit)
    assert page == rows[:limit]
    assert more == (len(rows) > limit)
