"""Raw SQL says the same in both dialects, and times in it compare as times."""

from datetime import date, datetime, timedelta, timezone

import pytest

from dashboards.figures.models import DailyFigure
from jejaring import world
from jejaring.db import sql
from jejaring.jobs.models import Beat

WIB = timezone(timedelta(hours=7))


async def test_values_are_bound_in_order_and_rows_come_back_as_dicts(db: None) -> None:
    found = await sql.rows(
        "INSERT INTO beat (name, at, note) VALUES (?, ?, ?) RETURNING note, name",
        ["a", world.now(), "question? no"],
    )
    assert found == [{"note": "question? no", "name": "a"}]
    changed = "UPDATE beat SET note = ? WHERE name = ? RETURNING name"
    assert await sql.rows(changed, ["b", "a"]) == [{"name": "a"}]
    assert await sql.rows("SELECT note FROM beat WHERE name = ?", ["nobody"]) == []


async def test_a_time_with_another_offset_is_the_same_instant(db: None) -> None:
    instant = datetime(2026, 11, 24, 6, 30, tzinfo=WIB)
    await sql.rows("INSERT INTO beat (name, at) VALUES (?, ?)", ["raw", instant])
    await Beat.create(name="orm", at=instant)
    raw, orm = await Beat.get(name="raw"), await Beat.get(name="orm")
    assert raw.at == orm.at == instant
    same = await sql.rows("SELECT name FROM beat WHERE at = ? ORDER BY name", [instant])
    assert [row["name"] for row in same] == ["orm", "raw"]
    later = instant + timedelta(microseconds=1)
    assert len(await sql.rows("SELECT name FROM beat WHERE at < ?", [later])) == 2


async def test_a_time_without_an_offset_is_refused(db: None) -> None:
    with pytest.raises(ValueError, match="offset"):
        await sql.rows("SELECT ?", [datetime(2026, 1, 1)])  # noqa: DTZ001


async def test_dates_are_bound_as_the_orm_stores_them(db: None) -> None:
    day = date(2026, 11, 24)
    await DailyFigure.create(day=day, merchant_id="m", people=3)
    found = await sql.rows("SELECT people FROM daily_figure WHERE day = ?", [day])
    assert found == [{"people": 3}]
