"""Publish an event: a row in the transaction of what it tells of."""

from typing import Any

from jejaring import world
from jejaring.db import bulk
from jejaring.hooks.events import EVENTS
from jejaring.hooks.models import Event


def draft(name: str, organisation_id: str, subject: str, **data: Any) -> Event:
    """An unsaved event, for verbs that write many rows at once. ValueError for a name not on the
    list.
    """
    if name not in EVENTS:
        raise ValueError(f"{name} is not on the list of events")
    return bulk.new(
        Event,
        event_id=world.new_id("evt"),
        organisation_id=organisation_id,
        name=name,
        subject=subject,
        data=data,
        at=world.now(),
    )


async def publish(name: str, organisation_id: str, subject: str, **data: Any) -> None:
    """Tell `organisation_id` that `name` happened to `subject` (an id); data is JSON."""
    await bulk.insert([draft(name, organisation_id, subject, **data)])
