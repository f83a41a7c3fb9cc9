"""Messages that change an order, and what its commissions come to."""

from typing import Any

import httpx2

from jejaring.ledger import audit as ledger_audit
from referrals.commissions import audit
from tests.referrals.shop import Stage, body


async def refund(s: Stage, sale: dict[str, Any], refund_id: str, **more: Any) -> httpx2.Response:
    given = {"refund_id": refund_id, "reason": "kekecilan"} | more
    return await s.send("POST", f"/v1/sales/{sale['id']}/refunds", given)


async def move(s: Stage, sale: dict[str, Any], state: str, **more: Any) -> httpx2.Response:
    return await s.send("POST", f"/v1/sales/{sale['id']}/state", {"state": state} | more)


async def put(s: Stage, order_id: str = "INV-1", **more: Any) -> httpx2.Response:
    sent = body(order_id, **more)
    return await s.send("PUT", f"/v1/sales/{sent['source']}/{order_id}", sent)


async def parts(s: Stage) -> tuple[int, int, int, int]:
    """pending, payable, owed_back, earned of Rina with Laras; and the books are clean."""
    assert await audit.audit() == []
    assert await ledger_audit.audit() == []
    row = await s.balance()
    assert row is not None
    earned = row.pending + row.held + row.payable + row.in_payout - row.owed_back
    return row.pending, row.payable, row.owed_back, earned
