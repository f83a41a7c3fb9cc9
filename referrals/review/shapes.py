"""Decisions, appeals and cases as the outside sends and sees them."""

from datetime import datetime
from typing import Annotated, Any, Literal

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


Signal = Literal["fast", "buyer", "coupon", "account", "flood", "own_browser"]
Does = Literal["flag", "hold"]


class CaseQuery(PageQuery):
    """Only cases in this state, of this signal."""

    state: Literal["open", "closed"] | None = None
    signal: Signal | None = None


class CaseOut(BaseModel):
    """Something odd that was seen: its evidence as data and as a sentence, and the commissions that
    it is about (`count` of them, the newest fifty named). `amount`: what those hold, in rupiah.

    `partner` and the partners in the evidence are handles.
    """

    id: str
    signal: Signal
    state: Literal["open", "closed"]
    outcome: Literal["released", "rejected"] | None
    partner: str | None
    text: str
    evidence: dict[str, Any]
    commissions: list[str]
    count: int
    amount: int
    currency: str = "IDR"
    opened_at: datetime
    closed_at: datetime | None


class CaseDone(CaseOut):
    """A case as it stands after a decision: how many commissions that decided, how many it had to
    leave (in a payout, refunded, or decided before), and whether more wait for the next answer.
    """

    done: int
    left: int
    more: bool


class SignalsIn(Shape):
    """What a signal does from now on; those that are not named stay as they are."""

    fast: Does | None = None
    buyer: Does | None = None
    coupon: Does | None = None
    account: Does | None = None
    flood: Does | None = None
    own_browser: Does | None = None


class SignalsOut(BaseModel):
    """What each signal does: only shown (`flag`), or its commissions held too (`hold`)."""

    fast: Does
    buyer: Does
    coupon: Does
    account: Does
    flood: Does
    own_browser: Does
