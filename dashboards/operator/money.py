"""Money of all shops: payouts without an outcome, by age; the trial balance and its check."""

from starlette.requests import Request
from starlette.responses import Response

from dashboards.operator import check, queries
from jejaring import world
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.ledger import journal, statements
from jejaring.payouts import queries as payouts
from jejaring.web import pages, render

PAGE = 30


async def outgoing(request: Request, caller: Caller) -> Response:
    """Payouts that nobody has said the outcome of, the oldest first."""
    cursor = request.query_params.get("cursor")
    rows, after = await queries.open_payouts(PAGE, cursor)
    now = world.now()
    context = {
        "payouts": [(row, (now - row.since).days) for row in rows],
        "counts": await queries.counts(),
        "standing": await journal.standing(),
        "next": after,
        "cursor": cursor,
    }
    return render.page(request, "operator/payouts.html", context)


async def books(request: Request, caller: Caller) -> Response:
    """Every account over all shops, the last check, and the newest entries."""
    cursor = request.query_params.get("cursor")
    trial = await statements.trial_balance()
    entries, after = await journal.page(None, PAGE, cursor)
    names = await payouts.names({entry.merchant_id for entry in entries})
    context = {
        "trial": [(kind, amount) for kind, amount in trial if amount],
        "off": sum(amount for _, amount in trial),
        "entries": entries,
        "names": {merchant_id: name for merchant_id, (_, name) in names.items()},
        "check": await check.last(),
        "next": after,
        "cursor": cursor,
    }
    return render.page(request, "operator/books.html", context)


async def ask(request: Request, caller: Caller) -> Response:
    """Check the books as soon as the worker is free."""
    await check.ask(caller)
    return pages.go("/operator/books", "info_check_asked")


_READ, _EDIT = guards.signed_in("operator", "read"), guards.signed_in("operator", "edit")
PAGES = [
    pages.show("/operator/payouts", outgoing, _READ),
    pages.show("/operator/books", books, _READ),
    pages.act("/operator/books/check", ask, _EDIT),
]
