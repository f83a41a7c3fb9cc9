"""One page of a table, newest first by (time, id), with the cursor of the next."""

from typing import Any, TypeVar

from tortoise.expressions import Q
from tortoise.models import Model
from tortoise.queryset import QuerySet

from jejaring.kit import paging

M = TypeVar("M", bound=Model)


async def newest(
    wanted: QuerySet[M], limit: int, cursor: str | None, by: str = "created_at"
) -> tuple[list[M], str | None]:
    """At most `limit` rows of the query, newest first by its time column `by` and then by id; and
    where the next page starts (None on the last). Invalid at `/cursor` for a foreign one.
    """
    if cursor is not None:
        last = paging.decode(cursor)
        before: dict[str, Any] = {f"{by}__lt": last.at}
        equal: dict[str, Any] = {by: last.at, "id__lt": last.id}
        wanted = wanted.filter(Q(**before) | Q(**equal))
    found = await wanted.order_by(f"-{by}", "-id").limit(limit + 1)
    rows, more = paging.cut(found, limit)
    if not more:
        return rows, None
    return rows, paging.encode(paging.Cursor(getattr(rows[-1], by), str(rows[-1].pk)))
