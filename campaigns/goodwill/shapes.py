"""Goodwill as it is sent and shown."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from jejaring.payouts.shapes import ByHand, Reason
from jejaring.web.shapes import Shape


class GoodwillIn(ByHand):
    """What a partner is given."""


class WithdrawIn(Shape):
    """Why it is taken back; the partner reads it."""

    reason: Reason


class GoodwillOut(BaseModel):
    """`waiting` for another person it moved nothing; `done` it is payable; `withdrawn` it is not
    any more, or never was (`decided_at` null).
    """

    id: str
    merchant: str
    partner: str
    amount: int
    currency: Literal["IDR"] = "IDR"
    reason: str
    reference: str
    state: Literal["waiting", "done", "withdrawn"]
    created_at: datetime
    decided_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_why: str | None
