"""Menu and organisation switch: shared by every side."""

from starlette.requests import Request
from starlette.responses import Response

from dashboards.frame import nav
from dashboards.frame.roles import framed
from jejaring.identity import guards, sessions
from jejaring.identity.models import Membership, Organisation
from jejaring.identity.rules import Caller
from jejaring.kit.errors import NotFound
from jejaring.web import pages, render


async def menu(request: Request, caller: Caller) -> Response:
    """Every place, the language, the way out."""
    return render.page(request, "menu.html")


async def switch(request: Request, caller: Caller) -> Response:
    """The organisations of this person."""
    rows = (
        await Membership.filter(user_id=caller.user_id, organisation__suspended_at=None)
        .order_by("created_at", "id")
        .limit(100)
        .select_related("organisation")
    )
    shown = [
        {"id": m.organisation_id, "name": m.organisation.name, "kind": m.organisation.kind,
         "role": m.role}
        for m in rows
    ]  # fmt: skip
    return render.page(request, "switch.html", {"organisations": shown})


async def go_over(request: Request, caller: Caller) -> Response:
    """Work for another organisation from now on; NotFound for one without a membership."""
    wanted = pages.text(request, "organisation", 40)
    await sessions.switch(request, wanted)
    organisation = await Organisation.get(id=wanted)
    return pages.go(nav.home(organisation.kind), "switched", name=organisation.name)


async def nothing(request: Request, caller: Caller) -> Response:
    """A path of one's own side that leads nowhere: the frame stays around the answer."""
    raise NotFound


PAGES = [
    framed(pages.show("/menu", menu, guards.signed_in("both"))),
    framed(pages.show("/switch", switch, guards.signed_in("both"))),
    pages.act("/switch", go_over, guards.signed_in("both")),
]

# Behind all other pages.
LAST = [
    pages.show(f"/{side}/{{rest:path}}", nothing, guards.signed_in(side))
    for side in ("merchant", "partner", "operator")
]
