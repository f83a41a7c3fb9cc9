"""Requests and replies about payout methods, balances, statements, runs and payouts."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from jejaring.web.shapes import Code, QueryShape, Shape, When


class MethodIn(Shape):
    """Where to be paid. The number may have spaces, dots and dashes; a wallet's is its phone."""

    kind: Literal["bank", "ewallet"]
    provider: Annotated[str, Field(min_length=1, max_length=20)]
    account_number: Annotated[str, Field(min_length=1, max_length=60)]
    account_name: Annotated[str, Field(min_length=1, max_length=70, pattern=r"\S")]


class WarningOut(BaseModel):
    """Something unusual that is accepted all the same."""

    code: str
    text: str


class MethodShown(BaseModel):
    """An account as it is shown: never more than its last four digits."""

    kind: Literal["bank", "ewallet"]
    provider: str
    last4: str
    account_name: str
    effective_at: datetime


class MethodOut(MethodShown):
    """The newest method; while it waits nobody is paid, and `current` is the one before it."""

    state: Literal["active", "waiting"]
    current: MethodShown | None = None
    warnings: list[WarningOut] = []


class BalanceOut(BaseModel):
    """earned = pending + held + payable + in_payout + paid − owed_back − written_off − repaid."""

    merchant: str
    partner: str
    currency: Literal["IDR"] = "IDR"
    pending: int
    held: int
    payable: int
    in_payout: int
    paid: int
    owed_back: int
    written_off: int
    repaid: int
    earned: int


Reason = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class ByHand(Shape):
    """Money that a person moves for a partner (handle or id), and why.

    `reference` is the caller's own name for it (a bank transfer's, say): the same again changes
    nothing; without one, each request is another.
    """

    partner: Code
    amount: Annotated[int, Field(ge=1, le=10**12)]
    reason: Reason
    reference: Annotated[str, Field(min_length=1, max_length=80)] | None = None


class OwedIn(ByHand):
    """A part of what a partner owes back, settled by hand."""


class OwedOut(BaseModel):
    """`waiting` for another person it moved nothing; `owed_back` is what is left of the debt."""

    id: str
    kind: Literal["write_off", "repay"]
    partner: str
    amount: int
    currency: Literal["IDR"] = "IDR"
    reason: str
    reference: str
    state: Literal["waiting", "done"]
    asked_at: datetime
    decided_at: datetime | None
    owed_back: int


class StatementQuery(QueryShape):
    """`from` and `to`: a day (`2026-11-01`, the last one included) or RFC 3339."""

    from_: str | None = Field(None, alias="from", max_length=40)
    to: Annotated[str, Field(max_length=40)] | None = None
    format: Literal["json", "csv", "pdf"] = "json"


class PartsOut(BaseModel):
    """The balances at an instant; `due` = pending + held + payable + in_payout − owed_back."""

    pending: int
    held: int
    payable: int
    in_payout: int
    owed_back: int
    due: int


class MovementOut(BaseModel):
    """What one event did to what is due, and the balances after it."""

    at: datetime
    text: str
    reference: str
    amount: int
    after: PartsOut


class PairStatementOut(BaseModel):
    """closing = opening + the movements, in each part."""

    merchant: str
    partner: str
    opening: PartsOut
    movements: list[MovementOut]
    closing: PartsOut


class StatementOut(BaseModel):
    """A statement per merchant and partner."""

    model_config = ConfigDict(serialize_by_alias=True)

    from_: datetime = Field(serialization_alias="from")
    to: datetime
    currency: Literal["IDR"] = "IDR"
    data: list[PairStatementOut]


class RunIn(Shape):
    """What to gather: all that is payable up to the cutoff (default now), or one partner's."""

    cutoff: When | None = None
    partner: Code | None = None


class TotalsOut(BaseModel):
    """Sums over the run's payouts."""

    gross: int
    netted: int
    tax: int
    fee: int
    net: int


class PaidTo(BaseModel):
    """The account a payout goes to."""

    kind: Literal["bank", "ewallet"]
    provider: str
    last4: str


class LineOut(BaseModel):
    """What is paid; `commission_id` is null for money that came back from an earlier payout."""

    commission_id: str | None
    amount: int
    text: str


class PayoutOut(BaseModel):
    """One transfer to one partner: net = gross − netted − tax − fee."""

    id: str
    partner: str
    gross: int
    netted: int
    tax: int
    fee: int
    net: int
    method: PaidTo
    state: Literal["draft", "approved", "sending", "succeeded", "failed", "returned", "cancelled"]
    bank_reference: str | None
    reference: str | None
    lines: list[LineOut]


class SkippedOut(BaseModel):
    """Who is not paid by this run, and why."""

    partner: str
    amount: int
    reason: Literal["below_minimum", "no_method", "method_waiting", "nothing_left"]


class RunSummary(BaseModel):
    """A run without its payouts."""

    id: str
    state: Literal["preview", "approved", "done", "cancelled"]
    cutoff: datetime
    currency: Literal["IDR"] = "IDR"
    created_at: datetime
    approved_at: datetime | None
    totals: TotalsOut


class RunOut(RunSummary):
    """A run with every line, and everyone skipped with the reason."""

    payouts: list[PayoutOut]
    skipped: list[SkippedOut]


class FileQuery(QueryShape):
    """Which file."""

    format: Literal["bca", "csv"] = "bca"


class SettleIn(Shape):
    """What became of a payout; a reference may serve several."""

    outcome: Literal["paid", "failed", "returned"]
    reference: Annotated[str, Field(max_length=80, pattern=r"\S")] | None = None
