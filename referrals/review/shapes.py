"""Decisions, appeals and cases as the outside sends and sees them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from jejaring.web.shapes import PageQuery, Shape


def _trimmed(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("blank", "must not be blank")
    return value.strip()


class ReasonIn(Shape):
    """Why: a code of the closed list, which the partner reads in their language."""

    reason_code: str = Field(max_length=40)


class AppealIn(Shape):
    """What the partner says."""

    text: Annotated[str, Field(max_length=1000), AfterValidator(_trimmed)]


class AnswerIn(Shape):
    """`won`: it is pending again; `lost` needs a reason, which the partner reads."""

    outcome: Literal["won", "lost"]
    reason: str = Field("", max_length=500)


class AppealOut(BaseModel):
    """An appeal against a held or rejected commission."""

    id: str
    commission_id: str
    against: Literal["held", "rejected"]
    state: Literal["open", "won", "lost"]
    text: str
    answer: str
    opened_at: datetime
    answered_at: datetime | None


class AppealQuery(PageQuery):
    """Only those in this state."""

    state: Literal["open", "won", "lost"] | None = None
