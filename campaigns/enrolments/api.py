"""JSON routes of campaigns; they live in the wing's top room, for they also show who has joined."""

from campaigns.enrolments import naming, show
from campaigns.enrolments.shapes import CampaignOut, VersionOut
from campaigns.lifecycle import queries, steer
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.shapes import CampaignChange, CampaignIn, CampaignQuery
from campaigns.terms import versions
from campaigns.terms.shapes import NewTerms
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.web.api import Endpoint, get, patch, post
from jejaring.web.shapes import PageOf


async def create_campaign(caller: Caller, body: CampaignIn) -> CampaignOut:
    """Draft a campaign.

    `product_ids: []` covers the whole shop; `starts_at` null is at launch.
    """
    terms = await naming.by_handle(caller.organisation_id, body.terms)
    draft = body.model_copy(update={"terms": terms})
    return await _whole(caller, await steer.create(caller, draft))


async def list_campaigns(caller: Caller, query: CampaignQuery) -> PageOf[CampaignOut]:
    """List campaigns, newest first."""
    rows, cursor = await queries.page(
        caller.organisation_id, query.state, query.limit, query.cursor
    )
    return PageOf(data=await show.campaigns(rows, caller.zone), next_cursor=cursor)


async def get_campaign(caller: Caller, campaign_id: str) -> CampaignOut:
    """Get a campaign."""
    return await _whole(caller, await queries.get(caller.organisation_id, campaign_id))


async def change_campaign(caller: Caller, campaign_id: str, body: CampaignChange) -> CampaignOut:
    """Change a campaign.

    A draft: everything. After launch: the name, the end, a larger budget.
    """
    if body.terms is not None:
        terms = await naming.by_handle(caller.organisation_id, body.terms)
        body = body.model_copy(update={"terms": terms})
    return await _whole(caller, await steer.change(caller, campaign_id, body))


async def launch_campaign(caller: Caller, campaign_id: str) -> CampaignOut:
    """Launch a draft, or resume a paused campaign."""
    row = await steer.launch(caller.organisation_id, campaign_id, caller.actor)
    return await _whole(caller, row)


async def pause_campaign(caller: Caller, campaign_id: str) -> CampaignOut:
    """Pause a live campaign."""
    row = await steer.pause(caller.organisation_id, campaign_id, caller.actor)
    return await _whole(caller, row)


async def end_campaign(caller: Caller, campaign_id: str) -> CampaignOut:
    """End a campaign for good; sales placed before still earn."""
    row = await steer.end(caller.organisation_id, campaign_id, caller.actor)
    return await _whole(caller, row)


async def issue_terms(caller: Caller, campaign_id: str, body: NewTerms) -> VersionOut:
    """Issue a new version of the terms, in force now or from `effective_at`."""
    terms = await naming.by_handle(caller.organisation_id, body, "")
    version = await steer.amend(caller, campaign_id, terms, body.effective_at)
    return (await show.terms_versions([version], caller.zone))[0]


async def list_terms(caller: Caller, campaign_id: str) -> PageOf[VersionOut]:
    """List the versions of the terms, newest first."""
    row = await queries.get(caller.organisation_id, campaign_id)
    found = await versions.every(row.id)
    return PageOf(data=await show.terms_versions(found, caller.zone))


async def _whole(caller: Caller, row: Campaign) -> CampaignOut:
    return await show.campaign(row, caller.zone)


_GUARD = guards.merchant("campaigns")
_ONE = "/v1/campaigns/{campaign_id}"
ENDPOINTS: list[Endpoint] = [
    post("/v1/campaigns", create_campaign, _GUARD),
    get("/v1/campaigns", list_campaigns, _GUARD),
    get(_ONE, get_campaign, _GUARD),
    patch(_ONE, change_campaign, _GUARD),
    post(f"{_ONE}/launch", launch_campaign, _GUARD, status=200),
    post(f"{_ONE}/pause", pause_campaign, _GUARD, status=200),
    post(f"{_ONE}/end", end_campaign, _GUARD, status=200),
    post(f"{_ONE}/terms", issue_terms, _GUARD),
    get(f"{_ONE}/terms", list_terms, _GUARD),
]
