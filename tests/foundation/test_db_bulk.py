"""Rows by the hundred: made and stored like the ORM's, faults as the ORM raises them."""

from datetime import datetime, timedelta

import pytest
from tortoise.exceptions import IntegrityError, OperationalError

from jejaring import world
from jejaring.db import bulk
from jejaring.db.transact import transact
from jejaring.hooks.models import Event
from jejaring.jobs.models import Beat


def event(number: int, at: datetime) -> Event:
    return bulk.new(
        Event, event_id=f"evt_{number}", organisation_id="org", name="sale.recorded", subject="s",
        data={"n": [number, "é"]}, at=at,
    )  # fmt: skip


async def test_rows_come_back_as_they_were_made(db: None) -> None:
    at = world.now()
    rows = [event(i, at + timedelta(seconds=i)) for i in range(3)]
    beat = bulk.new(Beat, name="w", at=at)
    assert beat.note == ""
    await transact(lambda: bulk.insert(rows, [], [beat]))
    stored = await Event.all().order_by("id")
    assert [(e.event_id, e.at, e.data) for e in stored] == [
        (e.event_id, e.at, e.data) for e in rows
    ]
    beat.note = "changed"
    await beat.save(update_fields=["note"])
    assert (await Beat.get(name="w")).note == "changed"


async def test_a_made_row_can_be_saved_by_the_orm_too(db: None) -> None:
    made = event(1, world.now())
    await made.save()
    assert made.id
    await Event.bulk_create([event(2, world.now())])
    assert await Event.all().count() == 2


async def test_several_reads_answer_in_their_order(db: None) -> None:
    at = world.now()
    await bulk.insert([event(1, at)])
    where, values = bulk.within("event_id", {"evt_1", "evt_2"})
    one, none, two = await bulk.read(
        (f"SELECT at FROM event WHERE {where} AND at <= ?", [*values, at]),
        None,
        ("SELECT count(*) AS n FROM event", []),
    )
    assert [bulk.instant(row["at"]) for row in one] == [at]
    assert (none, two) == ([], [{"n": 1}])
    assert bulk.maybe_instant(None) is None
    assert await bulk.read(None) == [[]]


async def test_a_row_twice_is_an_integrity_error_and_broken_sql_an_operational_one(
    db: None,
) -> None:
    rows = [event(1, world.now()), event(1, world.now())]
    with pytest.raises(IntegrityError):
        await transact(lambda: bulk.insert(rows))
    assert await Event.all().count() == 0
    with pytest.raises(OperationalError):
        await bulk.read(("SELECT nothing FROM nowhere", []))
