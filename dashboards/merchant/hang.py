"""What every page of a shop is given besides its own: how much waits at each place."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse

from dashboards.merchant import queries
from jejaring.web import render


async def page(
    request: Request, template: str, context: Mapping[str, Any] | None = None, status: int = 200
) -> HTMLResponse:
    """The template in the frame, with the red counts of the navigation."""
    badges = await queries.badges(request.state.caller.organisation_id)
    return render.page(request, template, {"waiting": badges, **(context or {})}, status)
