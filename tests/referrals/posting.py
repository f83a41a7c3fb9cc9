"""A campaign that pays for posts: sending them in and judging them, for the stories of posts."""

from typing import Any

import httpx2

from campaigns.enrolments.models import Enrolment
from jejaring.ledger import audit as ledger_audit
from referrals.commissions import audit as commissions_audit
from referrals.posts import audit
from tests import make
from tests.cast import Cast
from tests.referrals.shop import Stage, set_terms, set_up

URL = "https://www.instagram.com/p/DAbc_12-x/"
FEE = 50_000


def refusal(reply: httpx2.Response) -> str:
    code: str = reply.json()["code"]
    return code


def terms(*more: dict[str, Any], hold_days: int = 7, **rule: Any) -> dict[str, Any]:
    first = {"name": "Post", "when": {}, "pay": {"kind": "per_post", "amount": FEE}} | rule
    return {"hold_days": hold_days, "rules": [first, *more]}


async def posting(
    http: httpx2.AsyncClient, cast: Cast, body: dict[str, Any] | None = None, **campaign: Any
) -> tuple[Stage, Enrolment]:
    """Laras's campaign pays for posts; Dimas is in it as an influencer."""
    s = await set_up(http, cast, **campaign)
    await set_terms(s.campaign, body or terms())
    return s, await make.enrolment(s.campaign, cast.dimas.org, role="influencer")


async def send(s: Stage, place: Enrolment, url: str = URL, **more: Any) -> httpx2.Response:
    who = {m.id: m for m in (s.cast.rina, s.cast.dimas)}[place.partner_id]
    return await s.send("POST", "/v1/submissions", {"enrolment_id": place.id, "url": url, **more},
                        who)  # fmt: skip


async def sent(s: Stage, place: Enrolment, url: str = URL, **more: Any) -> str:
    reply = await send(s, place, url, **more)
    assert reply.status_code == 201, reply.text
    return str(reply.json()["id"])


async def judge(s: Stage, one: str, step: str = "accept", **body: Any) -> httpx2.Response:
    return await s.send("POST", f"/v1/submissions/{one}/{step}", body or {})


async def clean() -> bool:
    found = [*await audit.audit(), *await commissions_audit.audit(), *await ledger_audit.audit()]
    assert found == []
    return True
