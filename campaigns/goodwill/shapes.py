"""Goodwill as it is sent and shown."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from jejaring.payouts.shapes import ByHand


class GoodwillIn(ByHand):
    """What a partner is given."""


class GoodwillOut(BaseModel):
    """`waiting` for another person it moved nothing; `done` it is payable."""

    id: str
    merchant: str
    partner: str
    amount: int
    currency: Literal["IDR"] = "IDR"
    reason: str
    reference: str
    state: Literal["waiting", "done"]
    created_at: datetime
    decided_at: datetime | None
