"""JSON routes of goodwill."""

from collections.abc import Sequence

from campaigns.goodwill import give, queries, withdraw
from campaigns.goodwill.give import Gift
from campaigns.goodwill.models import Goodwill
from campaigns.goodwill.shapes import GoodwillIn, GoodwillOut, WithdrawIn
from jejaring.identity import guards
from jejaring.identity.rules import Caller
from jejaring.payouts.queries import names
from jejaring.web.api import Endpoint, Reply, get, post
from jejaring.web.shapes import PageOf, PageQuery


async def give_goodwill(caller: Caller, body: GoodwillIn) -> GoodwillOut | Reply:
    """Give a partner money by hand, payable at once.

    202 `waiting` above the merchant's limit: another person sends the same reference, partner,
    amount and reason.
    """
    given = await give.give(caller, Gift(**body.model_dump()))
    (shown,) = await _shown([given.row])
    return Reply(shown, {"created": 201, "waiting": 202, "unchanged": 200}[given.status])


async def withdraw_goodwill(caller: Caller, goodwill_id: str, body: WithdrawIn) -> GoodwillOut:
    """Take goodwill back, whole, before a payout has it (409 `goodwill_in_payout`), or end one that
    waits. Once more changes nothing.
    """
    (shown,) = await _shown([await withdraw.withdraw(caller, goodwill_id, body.reason)])
    return shown


async def list_goodwill(caller: Caller, query: PageQuery) -> PageOf[GoodwillOut]:
    """List goodwill, newest first: what a merchant gave, or a partner got."""
    rows, cursor = await queries.page(caller, query.limit, query.cursor)
    return PageOf(data=await _shown(rows), next_cursor=cursor)


async def _shown(rows: Sequence[Goodwill]) -> list[GoodwillOut]:
    people = await names(one for row in rows for one in (row.merchant_id, row.partner_id))
    return [
        GoodwillOut(
            id=row.id,
            merchant=people[row.merchant_id][0],
            partner=people[row.partner_id][0],
            amount=row.amount,
            reason=row.reason,
            reference=row.reference,
            state=row.state,
            created_at=row.created_at,
            decided_at=row.decided_at,
            withdrawn_at=row.withdrawn_at,
            withdrawn_why=row.withdrawn_why,
        )
        for row in rows
    ]


ENDPOINTS: list[Endpoint] = [
    post("/v1/goodwill", give_goodwill, guards.merchant("money.decide"), statuses=(200, 202)),
    post(
        "/v1/goodwill/{goodwill_id}/withdraw",
        withdraw_goodwill,
        guards.merchant("money.decide"),
        200,
    ),
    get("/v1/goodwill", list_goodwill, guards.both("money.read")),
]
