"""Sales and refunds as they come in and go out."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, WithJsonSchema

from jejaring.web.shapes import Amount, Code, Line, PageQuery, Quantity, Rupiah, Shape, When
from referrals.commissions.shapes import CommissionOut, Since

Source = Literal[
    "website", "whatsapp", "offline", "shopee", "tokopedia", "tiktok", "lazada",
    "woocommerce", "shopify", "api",
]  # fmt: skip
State = Literal["placed", "paid", "delivered", "completed", "cancelled", "returned"]
OrderId = Annotated[str, Field(min_length=1, max_length=80)]
MAX_BATCH = 1000


class ItemIn(Shape):
    """One item; `discount` is for the whole line. Two items may have the same sku."""

    sku: Code
    quantity: Quantity
    unit_price: Amount
    discount: Amount | None = 0


class BuyerIn(Shape):
    """The buyer, kept only as keyed hashes: tells new buyers from old, and self-referrals."""

    phone: str | None = Field(None, max_length=40)
    email: str | None = Field(None, max_length=254)


class SaleBody(Shape):
    """What an order says, but for its name."""

    placed_at: When
    state: State
    currency: Rupiah
    items: Annotated[list[ItemIn], Field(min_length=1, max_length=500)]
    discount: Amount | None = 0
    shipping: Amount | None = 0
    updated_at: When | None = None
    click_id: str | None = Field(None, max_length=255)
    coupon: str | None = Field(None, max_length=64)
    note: str | None = Field(None, max_length=500)
    creator: str | None = Field(None, max_length=100)
    buyer: BuyerIn | None = None


class SaleIn(SaleBody):
    """An order; amounts in whole rupiah."""

    order_id: OrderId
    source: Source


class SalePut(SaleBody):
    """An order as it is now; order_id and source, if given, are those of the path."""

    order_id: OrderId | None = None
    source: Source | None = None


class BatchIn(Shape):
    """Up to 1 000 sales, each answered on its own."""

    sales: Annotated[
        list[Annotated[Any, WithJsonSchema({"$ref": "#/components/schemas/SaleIn"})]],
        Field(min_length=1, max_length=MAX_BATCH),
    ]


class StateIn(Shape):
    """The state that an order is in, since `at` (absent: now)."""

    state: State
    at: When | None = None


class RefundItem(Shape):
    """Units of a line, by the line's number."""

    line: Annotated[int, Field(ge=1, le=100_000)]
    quantity: Quantity


class RefundIn(Shape):
    """A refund: either an amount, or items."""

    refund_id: OrderId
    reason: Annotated[str, Field(min_length=1, max_length=200)]
    amount: Annotated[int, Field(ge=1, le=10**12)] | None = None
    items: Annotated[list[RefundItem], Field(max_length=500)] | None = None


class DisputeIn(Shape):
    """A dispute's outcome. Without an amount: all that is left of the order (lost), or what was
    lost (won).
    """

    dispute_id: OrderId
    outcome: Literal["lost", "won"]
    amount: Annotated[int, Field(ge=1, le=10**12)] | None = None


class OrderRefundIn(RefundIn):
    """A refund that may come before its order."""

    source: Source
    order_id: OrderId


class CreditOut(BaseModel):
    """Who is credited, with which part (basis points), and why, in the asker's language."""

    enrolment_id: str
    partner: str
    share_bp: int
    by: str
    because: str
    code: str
    item: str | None = None
    self_referral: bool = False


class NoteOut(BaseModel):
    """Something about the sale that its sender should know."""

    code: str
    text: str


class SaleOut(BaseModel):
    """A sale: its amounts, the credit's summary, its commissions; rupiah.

    `base` is items_total less all discounts.
    """

    id: str
    order_id: str
    source: str
    state: str
    placed_at: datetime
    received_at: datetime
    items_total: int
    discount: int
    shipping: int
    base: int
    currency: str
    credit: list[CreditOut]
    commissions: list[CommissionOut]
    notes: list[NoteOut]


class LineOut(BaseModel):
    """A line with its own credit; `base` is net of its part of all discounts."""

    line: int
    sku: str
    product_id: str | None
    quantity: int
    unit_price: int
    discount: int
    base: int
    refunded: int
    returned: int
    credit: list[CreditOut]


class TouchOut(BaseModel):
    """A touch that was considered: whether it won, and why (not)."""

    id: str
    by: str
    at: datetime
    enrolment_id: str
    partner: str
    campaign_id: str
    won: bool
    reason: str
    text: str


class CreditIn(Shape):
    """Who is to be credited by a person's decision: an enrolment, or null for nobody."""

    enrolment_id: Annotated[str, Field(max_length=32)] | None
    reason: Annotated[Line, Field(min_length=3, max_length=300)]


class CreatorIn(Shape):
    """What a marketplace calls a partner (by handle) of yours."""

    source: Literal["shopee", "tokopedia", "tiktok", "lazada"]
    name: Annotated[Line, Field(min_length=1, max_length=100)]
    partner: Annotated[Line, Field(min_length=1, max_length=60)]


class CreatorOut(BaseModel):
    """A marketplace's name for a partner; `name` as it is compared: one case, no spaces, no @."""

    id: str
    source: str
    name: str
    partner: str
    created_at: datetime


class DecisionOut(BaseModel):
    """A person's decision on the credit: who got the order (null: nobody), why, by whom, and which
    enrolments were credited until then.
    """

    id: str
    enrolment_id: str | None
    reason: str
    actor: str
    before: list[str]
    at: datetime


class RefundPart(BaseModel):
    """What a refund took of a line's base."""

    line: int
    amount: int


class RefundOut(BaseModel):
    """A refund. `over_base` is the part of its amount that exceeded what was left of the order's
    base (shipping, say): it takes no commission back.
    """

    id: str
    refund_id: str
    source: str
    order_id: str
    sale_id: str | None
    state: str
    amount: int | None
    items: list[dict[str, int]]
    reason: str
    lines: list[RefundPart]
    over_base: int
    currency: str = "IDR"
    received_at: datetime
    applied_at: datetime | None


class RefundReply(RefundOut):
    """A refund with its sale as it stands now (null while it waits for it)."""

    sale: SaleOut | None = None


class DisputeOut(BaseModel):
    """A dispute: what it took of each line's base, and, once it is won, that it gave it back."""

    id: str
    dispute_id: str
    sale_id: str | None
    outcome: Literal["lost", "won"]
    amount: int | None
    lines: list[RefundPart]
    over_base: int
    currency: str = "IDR"
    lost_at: datetime | None
    won_at: datetime | None


class DisputeReply(DisputeOut):
    """A dispute with its sale as it stands now."""

    sale: SaleOut


class SaleDetail(SaleOut):
    """A sale with its lines, the touches that were considered, its refunds and disputes."""

    version: int
    paid_at: datetime | None
    delivered_at: datetime | None
    closed_at: datetime | None
    new_buyer: bool | None
    click_id: str | None
    coupon: str | None
    note: str | None
    items: list[LineOut]
    touches: list[TouchOut]
    decisions: list[DecisionOut]
    refunds: list[RefundOut]
    disputes: list[DisputeOut]


class BatchResult(BaseModel):
    """One sale's answer: its status, and the sale or the problem."""

    status: int
    sale: SaleOut | None = None
    problem: dict[str, Any] | None = None


class BatchOut(BaseModel):
    """Answers in the order of the sales."""

    results: list[BatchResult]


class SaleQuery(PageQuery):
    """`from` and `to` (a time with an offset, or a day of the merchant's calendar, to included)
    look at placed_at.
    """

    source: Source | None = None
    order_id: str | None = Field(None, max_length=80)
    state: State | None = None
    campaign_id: str | None = Field(None, max_length=32)
    from_: Since | None = Field(None, alias="from")
    to: Since | None = None
