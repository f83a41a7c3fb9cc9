"""A toy API on the house's own toolkit, so that its manners are tested apart from any business."""

import asyncio
from typing import Annotated, Any

from pydantic import BaseModel, Field
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from jejaring import main, world
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.jobs.models import Beat
from jejaring.kit.errors import Conflict
from jejaring.web import api, pages, problems
from jejaring.web.body import BodyLimit
from jejaring.web.headers import Headers
from jejaring.web.models import KeptReply
from jejaring.web.shapes import Amount, Name, PageQuery, Quantity, Shape, When


class PartIn(Shape):
    """A part of a toy."""

    sku: Name
    quantity: Quantity


class ToyIn(Shape):
    """A toy."""

    name: Name
    price: Amount = 0
    made_at: When | None = None
    parts: Annotated[list[PartIn], Field(max_length=3, default_factory=list)]
    tags: dict[str, str] = Field(default_factory=dict)


class ToyOut(BaseModel):
    """A toy, and how often the handler ran."""

    name: str
    price: int
    runs: int


runs: list[str] = []
started = asyncio.Event()
finish = asyncio.Event()


async def create(caller: Caller, body: ToyIn) -> ToyOut:
    """Make a toy."""
    runs.append(body.name)
    if body.name == "taken":
        raise Conflict("order_exists", order_id="1")
    if body.name == "slow":
        started.set()
        await finish.wait()
    if body.name == "broken":
        raise ZeroDivisionError
    if body.name == "given up":  # its key, while it was at work
        await Beat.create(name=body.name, at=world.now())
        await KeptReply.all().delete()
    return ToyOut(name=body.name, price=body.price, runs=len(runs))


async def listed(caller: Caller, query: PageQuery) -> ToyOut:
    """Page of toys."""
    return ToyOut(name=query.cursor or "", price=query.limit, runs=0)


async def one(caller: Caller, toy_id: str) -> ToyOut:
    """One toy."""
    return ToyOut(name=toy_id, price=0, runs=0)


async def gone(caller: Caller, toy_id: str) -> None:
    """Remove a toy."""


async def send(request: Request, caller: Any) -> Response:
    """A form."""
    return PlainTextResponse(pages.text(request, "name"))


ENDPOINTS = [
    api.post("/v1/toys", create, guards.merchant("catalog")),
    api.post("/v1/apart", create, guards.merchant("catalog"), apart=True),
    api.get("/v1/toys", listed, guards.merchant("catalog")),
    api.get("/v1/toys/{toy_id}", one, guards.both(None)),
    api.delete("/v1/toys/{toy_id}", gone, guards.partner("links"), status=204),
]


def build() -> Starlette:
    """The toys behind the house's own middleware and error handlers."""
    return Starlette(
        routes=[
            *[api.route(e) for e in ENDPOINTS],
            pages.route(pages.act("/toys", send, guards.everybody)),
            pages.route(pages.act("/mine", send, guards.signed_in("merchant", "edit"))),
        ],
        middleware=[
            Middleware(Headers, secure=False),
            Middleware(BodyLimit, limit=main.MAX_BODY),
        ],
        exception_handlers=problems.HANDLERS,
    )
