"""Submissions as they are sent and asked for."""

from typing import Annotated, Literal

from pydantic import Field

from campaigns.content.rules import MAX_NOTE
from jejaring.web.shapes import Code, PageQuery, Shape

State = Literal["waiting", "accepted", "refused"]
Platform = Literal["instagram", "tiktok", "youtube", "facebook", "x", "threads", "other"]


class SubmissionIn(Shape):
    """A post as proof: its https address as the platform's share button gives it, not a short
    link; and what the shop should know about it.
    """

    enrolment_id: Annotated[str, Field(min_length=1, max_length=32)]
    url: Annotated[str, Field(min_length=1, max_length=2_000)]
    note: Annotated[str, Field(max_length=MAX_NOTE)] | None = None


class RefuseIn(Shape):
    """Why a post is refused: `post_not_visible`, `post_not_ours`, `post_no_ad_mark`,
    `post_not_own`, `post_not_as_agreed`, `against_rules` or `other`.
    """

    reason_code: Code


class SubmissionQuery(PageQuery):
    """Filters of the list."""

    campaign_id: Annotated[str, Field(max_length=32)] | None = None
    enrolment_id: Annotated[str, Field(max_length=32)] | None = None
    state: State | None = None
