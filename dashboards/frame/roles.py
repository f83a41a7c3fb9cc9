"""Which places a partner's roles leave out of the navigation: looked up before each page."""

from dataclasses import replace
from functools import wraps
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from campaigns.enrolments.models import Enrolment
from dashboards.frame import nav
from jejaring.web.pages import Page


async def hidden(partner_id: str) -> frozenset[str]:
    """The keys of the places that the partner's roles have no use for."""
    joined = Enrolment.filter(partner_id=partner_id, state__in=["active", "requested"])
    roles = await joined.distinct().values_list("role", flat=True)
    return nav.unused([str(role) for role in roles])


def framed(page: Page) -> Page:
    """The page, with what its partner's roles leave out known to the frame."""

    @wraps(page.handler)
    async def handler(request: Request, caller: Any) -> Response:
        if caller is not None and caller.kind == "partner":
            request.state.hidden = await hidden(caller.organisation_id)
        return await page.handler(request, caller)

    return replace(page, handler=handler)
