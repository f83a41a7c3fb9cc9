"""What is being written of a campaign's next terms: kept as typed until it is issued or dropped."""

from collections.abc import Callable
from typing import Any

from tortoise.exceptions import IntegrityError

from campaigns.terms.models import TermsDraft
from jejaring import world
from jejaring.db.transact import transact

Edit = Callable[[dict[str, Any]], dict[str, Any]]


async def of(campaign_id: str) -> TermsDraft | None:
    """What was typed so far; None where nobody has begun."""
    return await TermsDraft.get_or_none(campaign_id=campaign_id)


async def edit(
    campaign_id: str, actor: str, start: tuple[int, dict[str, Any]], change: Edit, *, large: bool
) -> TermsDraft:
    """The draft after `change`, which sees it as it is stored now; `start` is the version and the
    draft to begin with. A `large` change keeps what stood there before, for `undo`.
    """

    async def work() -> TermsDraft:
        row = await TermsDraft.select_for_update().get_or_none(campaign_id=campaign_id)
        if row is None:
            row = TermsDraft(campaign_id=campaign_id, typed=start[1], based_on=start[0])
            return await _save(row, actor, change, large=large, new=True)
        return await _save(row, actor, change, large=large, new=False)

    try:
        return await transact(work)
    except IntegrityError:
        # Two began at once: the second one finds the first one's draft.
        return await transact(work)


async def _save(row: TermsDraft, actor: str, change: Edit, *, large: bool, new: bool) -> TermsDraft:
    if large:
        row.before = dict(row.typed)
    row.typed = change(dict(row.typed))
    row.saved_at, row.saved_by = world.now(), actor
    await row.save(force_create=new)
    return row


async def undo(campaign_id: str) -> bool:
    """Put back what stood there before the last large change; False where there is nothing."""

    async def work() -> bool:
        row = await TermsDraft.select_for_update().get_or_none(campaign_id=campaign_id)
        if row is None or row.before is None:
            return False
        row.typed, row.before = row.before, None
        await row.save(update_fields=["typed", "before"])
        return True

    return await transact(work)


async def drop(campaign_id: str) -> None:
    """Forget what was typed: it was issued, or nobody wants it."""
    await TermsDraft.filter(campaign_id=campaign_id).delete()
