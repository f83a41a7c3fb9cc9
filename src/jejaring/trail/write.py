"""Add to the trail, in the caller's transaction."""

from typing import Any

from jejaring import world
from jejaring.trail.models import AuditEntry


async def note(
    action: str, subject: str, *, actor: str, organisation_id: str | None = None, **data: Any
) -> None:
    """One line of who (`usr_…`, `key_…`, `cli`, `worker`) did what (`campaign.launched`) to what
    (an id).
    """
    await draft(action, subject, actor=actor, organisation_id=organisation_id, **data).save(
        force_create=True
    )


def draft(
    action: str, subject: str, *, actor: str, organisation_id: str | None = None, **data: Any
) -> AuditEntry:
    """The same as a row that is not stored yet: for many at once."""
    return AuditEntry(
        id=world.new_id("aud"),
        at=world.now(),
        organisation_id=organisation_id,
        actor=actor,
        action=action,
        subject=subject,
        data=data,
    )
