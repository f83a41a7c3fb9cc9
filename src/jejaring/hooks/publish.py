"""Publish an event: a row in the transaction of what it tells of."""

from collections.abc import Iterable
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


def drafts(name: str, organisations: Iterable[str], subject: str, **data: Any) -> list[Event]:
    """The same for each of these organisations: mostly a merchant and a partner."""
    return [draft(name, one, subject, **data) for one in organisations]


async def publish(name: str, organisation_id: str, subject: str, **data: Any) -> None:
    """Tell `organisation_id` that `name` happened to `subject` (an id); data is JSON."""
    await bulk.insert([draft(name, organisation_id, subject, **data)])


async def publish_each(name: str, organisations: Iterable[str], subject: str, **data: Any) -> None:
    """The same to each of these organisations, in one statement."""
    await bulk.insert(drafts(name, organisations, subject, **data))
