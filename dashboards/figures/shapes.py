"""Shapes of `GET /v1/stats`."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from jejaring.web.shapes import QueryShape

Group = Literal["day", "link", "campaign", "partner", "channel", "product"]
Day = Annotated[date, Field(ge=date(1970, 1, 1), le=date(2200, 12, 31))]


class StatsQuery(QueryShape):
    """By what to group, and which days (both included; default: the last 30)."""

    group: Group = "day"
    from_: Annotated[Day | None, Field(alias="from")] = None
    to: Day | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 200


class Sums(BaseModel):
    """Clicks of people and others, sales and commissions, in whole rupiah."""

    people: int
    visits: int
    scans: int
    previews: int
    prefetches: int
    bots: int
    sales: int
    sales_amount: int
    commission: int


class Row(Sums):
    """The sums of one group; `key`: a day, an id, a partner's handle or a channel ('' for none)."""

    key: str


class StatsOut(BaseModel):
    """Most people first, and the totals of all groups."""

    data: list[Row]
    totals: Sums
