"""Commissions as the outside sees them, and the filters of their list."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from jejaring.web.shapes import PageQuery, When


def _sane_day(value: date) -> date:
    """As for times: 1970 to 2200, so that its midnights exist in every zone."""
    if not 1970 <= value.year <= 2200:
        raise PydanticCustomError("impossible_date", "the date is impossible")
    return value


State = Literal["pending", "held", "payable", "in_payout", "paid", "rejected", "reversed"]
Day = Annotated[date, AfterValidator(_sane_day)]
Since = When | Day


class Because(BaseModel):
    """How an amount came about: as data, and in the asker's language."""

    rule: str
    base: int
    rate_bp: int | None
    amount: int
    notes: list[str]
    text: str


class CommissionOut(BaseModel):
    """What a partner earns with one line of one order by one rule; rupiah.

    `amount` never changes, `reversed` grows; `line` is the line's number in its order.
    """

    id: str
    line: int | None
    enrolment_id: str
    kind: str
    amount: int
    reversed: int
    state: State
    release_at: datetime | None
    because: list[Because]
    currency: str = "IDR"
    reason_code: str | None = None
    reason: str | None = None
    created_at: datetime
    released_at: datetime | None = None


class CommissionRow(CommissionOut):
    """A commission in a list, with what it belongs to."""

    merchant: str
    partner: str
    campaign_id: str
    sale_id: str | None
    order_id: str | None


class CommissionQuery(PageQuery):
    """`from` and `to` (a time with an offset, or a day of the merchant's calendar, to included)
    look at when the commission was made.
    """

    state: State | None = None
    campaign_id: str | None = Field(None, max_length=32)
    enrolment_id: str | None = Field(None, max_length=32)
    from_: Since | None = Field(None, alias="from")
    to: Since | None = None
