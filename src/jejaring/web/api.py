"""Typed JSON routes: a handler's annotations are its parser, its validator and its documentation.

A handler is `async def create(caller: Caller, body: ProductIn) -> ProductOut`. Its parameters are
filled by name: `caller` (from the guard), `body` (a Shape), `query` (a QueryShape), `request`, and
the names in the path. It returns a shape, a `Reply` (shape + status), or a Starlette Response.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, get_type_hints

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from jejaring.kit.errors import BadField, Invalid, NotFound, Refusal
from jejaring.web import idempotency, limits

Handler = Callable[..., Awaitable[Any]]
MAX_ID = 32
MAX_PATH_VALUE = 80


class Asker(Protocol):
    """What the toolkit needs to know of who asks."""

    @property
    def organisation_id(self) -> str: ...

    @property
    def rate_key(self) -> str: ...


class Guard(Protocol):
    """Decides who asks and whether they may; raises Unauthenticated, Forbidden or NotFound.

    `side` is `merchant`, `partner`, `both` or `public`; `scope` the key scope it needs, if any.
    """

    @property
    def side(self) -> str: ...

    @property
    def scope(self) -> str | None: ...

    async def __call__(self, request: Request) -> Any: ...


@dataclass(frozen=True)
class Reply:
    """A shape with a status other than the route's own, or with headers."""

    body: BaseModel
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Endpoint:
    """One JSON route: everything that routing, OpenAPI and the house tests need to know.

    `raw` is the media type of an answer that is no JSON, `also` those it may have instead of JSON.
    `shown_once` names fields of the answer (secrets) that a kept answer holds as null. `apart`: its
    work is several transactions, or waits for the outside; so its answer is kept after it.
    """

    method: str
    path: str
    handler: Handler
    guard: Guard
    status: int = 200
    statuses: tuple[int, ...] = ()
    raw: str | None = None
    also: tuple[str, ...] = ()
    multipart: bool = False
    shown_once: tuple[str, ...] = ()
    apart: bool = False

    @property
    def hints(self) -> dict[str, Any]:
        return get_type_hints(self.handler, include_extras=True)

    @property
    def parameters(self) -> list[str]:
        return list(inspect.signature(self.handler).parameters)


def get(path: str, handler: Handler, guard: Guard, **more: Any) -> Endpoint:
    """A reading route."""
    return Endpoint("GET", path, handler, guard, **more)


def post(path: str, handler: Handler, guard: Guard, status: int = 201, **more: Any) -> Endpoint:
    """A creating route (201); pass status=200 for a verb."""
    return Endpoint("POST", path, handler, guard, status, **more)


def put(path: str, handler: Handler, guard: Guard, **more: Any) -> Endpoint:
    """A replacing route."""
    return Endpoint("PUT", path, handler, guard, **more)


def patch(path: str, handler: Handler, guard: Guard, **more: Any) -> Endpoint:
    """A changing route."""
    return Endpoint("PATCH", path, handler, guard, **more)


def delete(path: str, handler: Handler, guard: Guard, **more: Any) -> Endpoint:
    """A removing route."""
    return Endpoint("DELETE", path, handler, guard, **more)


def pointer(location: Sequence[str | int]) -> str:
    """A pydantic location as a JSON pointer (RFC 6901)."""
    parts = (str(p).replace("~", "~0").replace("/", "~1") for p in location)
    return "".join(f"/{p}" for p in parts)


def bad_fields(exc: ValidationError) -> list[BadField]:
    """Every wrong field of a pydantic error, as codes `field.{type}` with their limits."""
    found = []
    for error in exc.errors(include_url=False):
        values = {k: v for k, v in error.get("ctx", {}).items() if k != "error"}
        values["message"] = error["msg"]
        kind = error["type"]
        if isinstance(error["input"], str) and kind in ("too_short", "too_long"):
            kind = f"string_{kind}"  # of a trimmed text pydantic says what it says of a list
        if "expected" in values:  # "'a', 'b' or 'c'": a list that needs no language
            names = re.findall(r"'([^']*)'", str(values["expected"]))
            values["expected"] = ", ".join(names) or values["expected"]
        location = [p for p in error["loc"] if not _is_tag(p)]
        found.append(BadField(pointer(location), f"field.{kind}", values))
    return found


def _is_tag(part: str | int) -> bool:
    """Pydantic puts names of union branches into locations; they are not in the document."""
    return isinstance(part, str) and ("[" in part or part.startswith("function-"))


def parse_body(model: type[BaseModel], raw: bytes) -> BaseModel:
    """JSON text → shape. Refusal 400 `broken_json`, Invalid with every bad field."""
    try:
        return model.model_validate_json(raw)
    except ValidationError as exc:
        errors = exc.errors(include_url=False)
        if errors and errors[0]["type"] == "json_invalid":
            raise Refusal("broken_json", message=errors[0].get("ctx", {}).get("error", "")) from exc
        raise Invalid(fields=bad_fields(exc)) from exc


def parse_query(model: type[BaseModel], request: Request) -> BaseModel:
    """Query parameters → shape; a parameter given twice is refused."""
    pairs = request.query_params.multi_items()
    names = [name for name, _ in pairs]
    twice = sorted({n for n in names if names.count(n) > 1 and n in model.model_fields})
    if twice:
        raise Invalid(fields=[BadField(f"/{name}", "field.twice") for name in twice])
    try:
        return model.model_validate(dict(pairs))
    except ValidationError as exc:
        raise Invalid(fields=bad_fields(exc)) from exc


async def _arguments(endpoint: Endpoint, request: Request, caller: Any) -> dict[str, Any]:
    hints = endpoint.hints
    given: dict[str, Any] = {}
    for name in endpoint.parameters:
        if name == "caller":
            given[name] = caller
        elif name == "request":
            given[name] = request
        elif name == "body":
            given[name] = parse_body(hints[name], await request.body() or b"{}")
        elif name == "query":
            given[name] = parse_query(hints[name], request)
        else:
            given[name] = _path_value(request, name)
    return given


def _path_value(request: Request, name: str) -> str:
    """A name in the path. What no stored id can be (too long, odd signs) does not exist."""
    value = str(request.path_params[name])
    ours = name.endswith("id") and name != "order_id"
    longest = MAX_ID if ours else MAX_PATH_VALUE
    if len(value) > longest or any(ord(c) < 32 for c in value):
        raise NotFound
    return value


def _response(endpoint: Endpoint, result: Any) -> Response:
    if isinstance(result, Response):
        return result
    headers: dict[str, str] = {}
    status = endpoint.status
    if isinstance(result, Reply):
        headers, status, result = result.headers, result.status or status, result.body
    if result is None:
        return Response(status_code=204)
    content = result.model_dump_json()
    return Response(content, status, headers, media_type="application/json")


def route(endpoint: Endpoint) -> Route:
    """The Starlette route of an endpoint: guard, limit, parse, one verb, reply."""

    async def serve(request: Request) -> Response:
        request.state.machine = True
        caller = await endpoint.guard(request)
        request.state.caller = caller
        if caller is not None:
            await limits.spend(caller.rate_key)

        async def answer() -> Response:
            arguments = await _arguments(endpoint, request, caller)
            return _response(endpoint, await endpoint.handler(**arguments))

        if endpoint.method == "POST" and caller is not None and not endpoint.multipart:
            return await idempotency.once(
                request,
                caller.organisation_id,
                answer,
                endpoint.shown_once,
                apart=endpoint.apart,
            )
        return await answer()

    made = Route(endpoint.path, serve, methods=[endpoint.method], name=endpoint.handler.__name__)
    if endpoint.guard.side != "public":
        # Starlette answers HEAD by running GET; a bank file that is only asked about is not sent.
        made.methods = {endpoint.method}
    return made
