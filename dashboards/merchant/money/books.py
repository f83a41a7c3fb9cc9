"""The books of a shop: its trial balance, and the entries, newest first."""

from starlette.requests import Request
from starlette.responses import Response

from dashboards.merchant import hang
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.ledger import accounts, journal, statements
from jejaring.payouts import queries as payouts
from jejaring.web import pages

PAGE = 30


async def books(request: Request, caller: Caller) -> Response:
    """Every account of the shop, which sum to zero; and what was posted."""
    cursor = request.query_params.get("cursor")
    trial = await statements.trial_balance(caller.organisation_id)
    entries, after = await journal.page(caller.organisation_id, PAGE, cursor)
    owners = {
        accounts.owner_of(account)
        for entry in entries
        for posting in entry.postings
        for account in (posting.from_account, posting.to_account)
        if accounts.is_partner(account)
    }
    context = {
        "trial": [(kind, amount) for kind, amount in trial if amount],
        "off": sum(amount for _, amount in trial),
        "entries": entries,
        "names": {owner: name for owner, (_, name) in (await payouts.names(owners)).items()},
        "count": await journal.count(caller.organisation_id),
        "next": after,
        "cursor": cursor,
    }
    return await hang.page(request, "merchant/books.html", context)


PAGES = [pages.show("/merchant/books", books, guards.signed_in("merchant", "read"))]
