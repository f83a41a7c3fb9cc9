"""Errors as answers: problem+json (RFC 9457) under /v1, a helpful page elsewhere."""

import json
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Match
from tortoise.exceptions import ValidationError

from jejaring import world
from jejaring.kit.errors import Invalid, NotFound, Refusal
from jejaring.logs import Log
from jejaring.web import language, metrics, render

log = Log(__name__)
_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}


class SignInNeeded(Exception):  # noqa: N818 — a way on, not a fault
    """A page needs a signed-in person: they are sent to the sign-in page and back."""

    def __init__(self, next_path: str) -> None:
        super().__init__(next_path)
        self.next_path = next_path


def wants_json(request: Request) -> bool:
    """Machines' paths answer in problem+json."""
    path = request.url.path
    return (
        getattr(request.state, "machine", False)
        or path.startswith(("/v1/", "/in/"))
        or path == "/v1"
    )


def document(refusal: Refusal, lang: str) -> dict[str, Any]:
    """The problem document of a refusal in a language."""
    title = HTTPStatus(refusal.status).phrase
    body: dict[str, Any] = {
        "type": f"https://jejaring.id/problems/{refusal.code}",
        "title": title,
        "status": refusal.status,
        "detail": language.say(lang, f"problem.{refusal.code}", **refusal.values),
        "code": refusal.code,
    }
    if refusal.fields:
        body["errors"] = [
            {"pointer": f.pointer, "detail": field_words(lang, f.code, dict(f.values))}
            for f in refusal.fields
        ]
    return body


def field_words(lang: str, code: str, values: dict[str, Any]) -> str:
    """The wording of a bad field; a pydantic error without one of ours is shown as pydantic says
    it.
    """
    key = f"problem.{code}"
    if not language.known(lang, key) and not language.known("id", key):
        return str(values.get("message") or language.say(lang, "problem.field.invalid"))
    return language.say(lang, key, **values)


def json_problem(request: Request, refusal: Refusal) -> Response:
    """A refusal as problem+json in the asker's language."""
    lang = language.pick(request)
    return Response(
        json.dumps(document(refusal, lang), ensure_ascii=False, default=str),
        refusal.status,
        {**refusal.headers, "Content-Language": lang},
        media_type="application/problem+json",
    )


async def on_refusal(request: Request, exc: Exception) -> Response:
    """Starlette's handler for every Refusal."""
    assert isinstance(exc, Refusal)  # noqa: S101 — registered for Refusal only
    if wants_json(request):
        return json_problem(request, exc)
    return await render.error_page(request, exc.status, exc.code, exc.values, exc.headers)


async def on_http(request: Request, exc: Exception) -> Response:
    """Starlette's own 404, 405, 413 in our forms; a page's address with a slash too many leads to
    the one without.
    """
    assert isinstance(exc, HTTPException)  # noqa: S101 — registered for HTTPException only
    bare = _without_slash(request) if exc.status_code == 404 else None
    if bare is not None:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(quote(bare) + query, 303)
    refusal = Refusal(_CODES.get(exc.status_code, "bad_request"), headers=exc.headers or {})
    refusal.status = exc.status_code
    return await on_refusal(request, refusal)


def _without_slash(request: Request) -> str | None:
    """The path without its last slash, where a page is there: never one that begins with two,
    which would be another site's.
    """
    path = request.scope["path"]
    if request.method not in ("GET", "HEAD") or not path.endswith("/") or wants_json(request):
        return None
    bare = f"/{path.strip('/')}"
    scope = {**request.scope, "path": bare}
    routes = request.app.router.routes
    return bare if any(one.matches(scope)[0] is Match.FULL for one in routes) else None


async def on_unfit(request: Request, exc: Exception) -> Response:
    """A text that its column cannot hold, and no shape refused: nothing is stored under it."""
    log.warning("unfit", route=_route(request), error=type(exc).__name__)
    looking = request.method in ("GET", "HEAD")
    return await on_refusal(request, NotFound() if looking else Invalid())


def _route(request: Request) -> str:
    """The pattern of the route, for logs: an address may carry a one-time link's secret."""
    route = request.scope.get("route")
    return f"{request.method} {getattr(route, 'path', '')}"


async def on_sign_in(request: Request, exc: Exception) -> Response:
    """To the sign-in page and back to where they wanted to go."""
    assert isinstance(exc, SignInNeeded)  # noqa: S101 — registered for SignInNeeded only
    wanted = exc.next_path if exc.next_path.startswith("/") else "/"
    return RedirectResponse(f"/signin?next={quote(wanted, safe='/')}", 303)


async def on_fault(request: Request, exc: Exception) -> Response:
    """The unexpected: logged with a reference that the asker is shown; nothing of it leaks."""
    metrics.FAULTS.inc()
    reference = world.token(8)
    log.error("fault", exc, reference=reference, route=_route(request))
    refusal = Refusal("fault", reference=reference)
    refusal.status = 500
    if wants_json(request):
        return json_problem(request, refusal)
    try:
        return await render.error_page(request, 500, "fault", refusal.values)
    except Exception:
        return PlainTextResponse(f"500 {reference}", 500)


HANDLERS: dict[Any, Any] = {
    Refusal: on_refusal,
    NotFound: on_refusal,
    HTTPException: on_http,
    SignInNeeded: on_sign_in,
    ValidationError: on_unfit,
    Exception: on_fault,
}
