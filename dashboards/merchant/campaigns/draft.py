"""The draft that the wizard's pages work on, and the way from page to page."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from campaigns.lifecycle import queries
from campaigns.lifecycle.models import Campaign
from jejaring.identity.rules import Caller


async def draft_of(request: Request, caller: Caller) -> Campaign | None:
    """The draft of the address; None for one that is launched (its own page takes over)."""
    row = await queries.get(caller.organisation_id, request.path_params["campaign_id"])
    return row if row.state == "draft" else None


def away(request: Request) -> Response:
    return RedirectResponse(f"/merchant/campaigns/{request.path_params['campaign_id']}", 303)


def onward(row: Campaign, name: str) -> Response:
    return RedirectResponse(f"/merchant/campaigns/{row.id}/draft/{name}", 303)
