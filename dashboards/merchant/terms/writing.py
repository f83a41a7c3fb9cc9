"""The draft that the terms' pages work on: what was typed so far, else the latest version."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from campaigns.lifecycle import queries
from campaigns.lifecycle import rules as lifecycle_rules
from campaigns.lifecycle.models import Campaign
from campaigns.terms import drafts, versions
from campaigns.terms.models import TermsVersion
from campaigns.terms.shapes import normal, parse
from dashboards.merchant.terms import rules
from dashboards.merchant.terms.rules import Typed
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Conflict, Invalid, NotFound


@dataclass(frozen=True)
class Writing:
    """A campaign's terms as they are being written; `saved_at` is None where nobody has begun.

    `undoable`: the last large change can be taken back; `overtaken`: another version was issued
    meanwhile.
    """

    campaign: Campaign
    typed: Typed
    latest: TermsVersion
    saved_at: datetime | None = None
    undoable: bool = False
    overtaken: bool = False

    @property
    def path(self) -> str:
        """The terms' own page: a step of the wizard, or a new version."""
        step = "draft/terms" if self.campaign.state == "draft" else "terms"
        return f"/merchant/campaigns/{self.campaign.id}/{step}"

    @property
    def below(self) -> str:
        """Where the pages of its parts are."""
        return f"/merchant/campaigns/{self.campaign.id}/terms"


async def of(request: Request, caller: Caller) -> Writing:
    """The campaign of the address with what is typed of its terms. NotFound; Conflict where its
    terms cannot change any more.
    """
    row = await queries.get(caller.organisation_id, request.path_params["campaign_id"])
    fault = lifecycle_rules.step_fault("amend", queries.state_of(row))
    if row.state != "draft" and fault is not None:
        raise Conflict(fault)
    return await read(row, caller.zone)


async def read(row: Campaign, zone: str) -> Writing:
    """What is typed of the campaign's terms, else the latest version as it would be typed."""
    latest = await versions.latest(row.id)
    if latest is None:
        raise NotFound
    kept = await drafts.of(row.id)
    if kept is None:
        return Writing(row, rules.typed_of(latest.body, zone), latest)
    return Writing(
        campaign=row,
        typed=rules.of(kept.typed),
        latest=latest,
        saved_at=kept.saved_at,
        undoable=kept.before is not None,
        overtaken=kept.based_on != latest.number,
    )


async def edit(
    caller: Caller, now: Writing, change: Callable[[Typed], Typed], *, large: bool = False
) -> Typed:
    """Keep the changed terms, sound or not; `large` changes can be undone."""
    start = (now.latest.number, now.typed.stored())
    row = await drafts.edit(
        now.campaign.id,
        caller.actor,
        start,
        lambda stored: change(rules.of(stored)).stored(),
        large=large,
    )
    return rules.of(row.typed)


async def unused(row: Campaign, zone: str) -> bool:
    """Whether something is typed that the campaign's latest version does not say."""
    now = await read(row, zone)
    if now.saved_at is None:
        return False
    body, bad = rules.read(now.typed, zone)
    try:
        return bool(bad) or normal(parse(body)) != now.latest.body
    except Invalid:
        return True
