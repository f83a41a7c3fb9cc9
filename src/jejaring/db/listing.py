"""One page of a table by (time, id), newest or oldest first, with the cursor of the next."""

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
    return await _page(wanted, limit, cursor, (by, "lt"))


async def oldest(
    wanted: QuerySet[M], limit: int, cursor: str | None, by: str = "created_at"
) -> tuple[list[M], str | None]:
    """The same for what waits in a queue: the oldest first."""
    return await _page(wanted, limit, cursor, (by, "gt"))


async def _page(
    wanted: QuerySet[M], limit: int, cursor: str | None, order: tuple[str, str]
) -> tuple[list[M], str | None]:
    by, past = order
    if cursor is not None:
        last = paging.decode(cursor)
        beyond: dict[str, Any] = {f"{by}__{past}": last.at}
        equal: dict[str, Any] = {by: last.at, f"id__{past}": last.id}
        wanted = wanted.filter(Q(**beyond) | Q(**equal))
    way = "-" if past == "lt" else ""
    found = await wanted.order_by(f"{way}{by}", f"{way}id").limit(limit + 1)
    rows, more = paging.cut(found, limit)
    if not more:
        return rows, None
    return rows, paging.encode(paging.Cursor(getattr(rows[-1], by), str(rows[-1].pk)))
