"""HTML routes: guard, form token, one handler; POST-redirect-GET."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from jejaring.kit.errors import NotFound, Refusal
from jejaring.web import csrf
from jejaring.web.api import MAX_PATH_VALUE, Guard

PageHandler = Callable[[Request, Any], Awaitable[Response]]


@dataclass(frozen=True)
class Page:
    """One HTML route: the handler gets the request and the caller (None for a stranger)."""

    method: str
    path: str
    handler: PageHandler
    guard: Guard


def show(path: str, handler: PageHandler, guard: Guard) -> Page:
    """A page that is looked at."""
    return Page("GET", path, handler, guard)


def act(path: str, handler: PageHandler, guard: Guard) -> Page:
    """A form that is sent; `form(request)` gives its fields."""
    return Page("POST", path, handler, guard)


def form(request: Request) -> FormData:
    """The fields of the sent form, already read and its token checked."""
    sent: FormData = request.state.form
    return sent


def text(request: Request, name: str, limit: int = 2000) -> str:
    """One text field, trimmed; '' when absent, cut at limit, control characters removed."""
    value = form(request).get(name)
    if not isinstance(value, str):
        return ""
    return "".join(c for c in value if ord(c) >= 32 or c in "\n\t").strip()[:limit]


def go(path: str, flash: str | None = None, **values: Any) -> RedirectResponse:
    """303 to a page, with a message code to show there (`?pesan=`), whose values ride along."""
    query: Mapping[str, Any] = {"pesan": flash, **values} if flash else values
    joint = "&" if "?" in path else "?"
    return RedirectResponse(f"{path}{joint}{urlencode(query)}" if query else path, 303)


def _check_address(request: Request) -> None:
    """A name in the path that no stored thing can have does not exist; a NUL in the query, which
    PostgreSQL cannot even compare, is refused.
    """
    for name, value in request.path_params.items():
        too_long = len(value) > MAX_PATH_VALUE and name != "rest"
        if too_long or any(ord(c) < 32 for c in value):
            raise NotFound
    if any("\0" in value for _, value in request.query_params.multi_items()):
        raise Refusal("bad_request")


def _without_nul(sent: FormData) -> FormData:
    return FormData(
        [
            (name, value.replace("\0", "") if isinstance(value, str) else value)
            for name, value in sent.multi_items()
        ]
    )


def route(page: Page) -> Route:
    """The Starlette route of a page."""

    async def serve(request: Request) -> Response:
        caller = await page.guard(request)
        request.state.caller = caller
        _check_address(request)
        if page.method == "POST":
            sent = await request.form(max_files=5, max_fields=300)
            request.state.form = _without_nul(sent)
            csrf.check(request, request.state.form)
        return await page.handler(request, caller)

    return Route(page.path, serve, methods=[page.method], name=page.handler.__name__)
