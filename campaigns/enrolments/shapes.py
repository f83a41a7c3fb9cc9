"""Campaigns as they are shown: whole, with their terms in words and who has joined."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from campaigns.enrolments.rules import TierRule
from campaigns.lifecycle.shapes import TierRuleIn
from campaigns.terms import explain
from campaigns.terms.explain import Message
from campaigns.terms.rules import Terms
from campaigns.terms.shapes import TermsOut
from campaigns.terms.words import paragraph, words
from jejaring.web.language import LANGUAGES


class Both(BaseModel):
    """Sentences in Indonesian and English."""

    id: list[str]
    en: list[str]


class Counts(BaseModel):
    """How many partners are in each state."""

    requested: int
    active: int
    rejected: int
    ended: int


class VersionOut(TermsOut):
    """A version of a campaign's terms, with its sentences."""

    campaign_id: str
    explain: Both


class CampaignOut(BaseModel):
    """A campaign, whole. `state` is as it counts now; `terms`, `explain` and `example` are of the
    version in force (of a draft: the latest), `announced` are those that come into force later.
    """

    id: str
    name: str
    state: Literal["draft", "live", "paused", "ended"]
    product_ids: list[str]
    audience: list[str]
    joining: Literal["open", "approval", "invite"]
    questions: list[str]
    starts_at: datetime | None
    ends_at: datetime | None
    budget: int | None
    reserved: int
    tier_rule: TierRuleIn | None
    currency: Literal["IDR"] = "IDR"
    terms: TermsOut
    announced: list[VersionOut]
    explain: Both
    example: Both
    enrolments: Counts
    join_url: str
    created_at: datetime
    launched_at: datetime | None
    paused_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None


def explained(
    terms: Terms, names: Mapping[str, str], zone: str, moves: TierRule | None = None
) -> Both:
    """The terms' sentences in both languages, then what moves tiers; `names` are the products'
    names by id.
    """
    told = explain.sentences(terms, names)
    if moves is not None:
        told.append(Message(f"explain.tiers_by_{moves.by}", vars(moves)))
    return Both(**{lang: paragraph(lang, told, zone) for lang in LANGUAGES})


def worked(terms: Terms, price: int, zone: str) -> Both:
    """One worked order in both languages."""
    told = explain.example(terms, price)
    return Both(**{lang: [words(lang, told, zone)] for lang in LANGUAGES})
