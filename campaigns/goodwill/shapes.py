"""Goodwill as it is sent and shown."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from jejaring.web.shapes import Code, Shape


class GoodwillIn(Shape):
    """What a partner (handle or id) is given, and why.

    `reference` is the caller's own name for it: the same again changes nothing; without one, each
    request is another.
    """

    partner: Code
    amount: Annotated[int, Field(ge=1, le=10**12)]
    reason: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
    reference: Annotated[str, Field(min_length=1, max_length=80)] | None = None


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
