"""Campaigns as they are sent."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from campaigns.terms.shapes import Roles, TermsIn
from jejaring.kit.money import MAX_AMOUNT
from jejaring.web.shapes import Line, Name, PageQuery, Shape, When

Joining = Literal["open", "approval", "invite"]
Budget = Annotated[int, Field(ge=1, le=MAX_AMOUNT)]
ProductIds = Annotated[list[Annotated[str, Field(max_length=32)]], Field(max_length=500)]
Questions = Annotated[list[Line], Field(max_length=10)]


class TierRuleIn(Shape):
    """From what on, in last month's final sales, partners are silver and gold: rupiah (`amount`) or
    a number of orders (`orders`).
    """

    by: Literal["amount", "orders"] = "amount"
    silver: Annotated[int, Field(ge=1, le=MAX_AMOUNT)]
    gold: Annotated[int, Field(ge=1, le=MAX_AMOUNT)]

    @field_validator("gold")
    @classmethod
    def _above(cls, value: int, info: ValidationInfo) -> int:
        if value <= info.data.get("silver", 0):
            raise PydanticCustomError("gold_above_silver", "gold must be above silver")
        return value


class CampaignIn(Shape):
    """A new campaign, a draft. `product_ids: []` is the whole shop; `starts_at` null is at launch,
    `ends_at` null is open, `budget` null is none. `questions` are asked of those who want to join.
    """

    name: Name
    product_ids: ProductIds
    audience: Roles
    joining: Joining
    terms: TermsIn
    questions: Questions | None = None
    starts_at: When | None = None
    ends_at: When | None = None
    budget: Budget | None = None
    tier_rule: TierRuleIn | None = None


class CampaignChange(Shape):
    """What changes: everything in a draft; after launch the name, the end, a larger
    budget, and the rule of tiers.
    """

    name: Name | None = None
    product_ids: ProductIds | None = None
    audience: Roles | None = None
    joining: Joining | None = None
    terms: TermsIn | None = None
    questions: Questions | None = None
    starts_at: When | None = None
    ends_at: When | None = None
    budget: Budget | None = None
    tier_rule: TierRuleIn | None = None


class CampaignQuery(PageQuery):
    """Filters of the list."""

    state: Literal["draft", "live", "paused", "ended"] | None = None
