"""Everybody at once at a limit: no rupiah beyond a budget, a month, an order or a click, whoever
comes first.
"""

from collections import Counter
from itertools import cycle
from typing import Any

from jejaring.db import sql
from jejaring.settings import settings
from referrals.commissions.models import Commission
from referrals.network.models import Recruitment
from tests import make
from tests.cast import Cast
from tests.journeys.crowd import EARNS, Client, granted, is_clean, post_all
from tests.referrals import shop as stage
from tests.referrals.shop import Stage, body, percent, set_terms

RACE, BUDGET = 1_000, 1_999_999
PER_ORDER, PER_MONTH = 21_111, 333_333


async def test_two_hundred_sales_at_once_never_pass_the_budget(
    http: Client, cast: Cast, clients: list[Client]
) -> None:
    s = await stage.set_up(http, cast, budget=505_050)
    clicks = [await s.click() for _ in range(20)]
    bodies = [body(f"INV-{i}", click_id=clicks[i % 20]) for i in range(200)]
    replies = await post_all(clients, s, bodies)
    assert Counter(r.status_code for r in replies) == {201: 200}
    assert await granted() == 505_050
    await s.campaign.refresh_from_db()
    assert (s.campaign.reserved, s.campaign.state, s.campaign.end_reason) == (
        505_050, "ended", "budget",
    )  # fmt: skip
    await is_clean()


async def test_two_hundred_sales_at_once_never_pass_the_month_s_limit(
    http: Client, cast: Cast, clients: list[Client]
) -> None:
    s = await stage.set_up(http, cast)
    await set_terms(s.campaign, percent() | {"max_per_partner_month": 333_333})
    _, other = await s.join(cast.dimas)
    clicks = [await s.click(link) for link in (s.link, other) for _ in range(10)]
    bodies = [body(f"INV-{i}", click_id=clicks[i % 20]) for i in range(200)]
    replies = await post_all(clients, s, bodies)
    assert Counter(r.status_code for r in replies) == {201: 200}
    for partner in (cast.rina, cast.dimas):
        row = await s.balance(partner)
        assert row is not None
        assert row.pending == 333_333
    await is_clean()


async def test_a_click_credits_only_so_many_orders_however_many_come_at_once(
    s: Stage, clients: list[Client]
) -> None:
    click = await s.click()
    replies = await post_all(clients, s, [body(f"INV-{i}", click_id=click) for i in range(60)])
    assert Counter(r.status_code for r in replies) == {201: 60}
    assert await granted() == settings().click_order_limit * EARNS
    await is_clean()


STEPS = [{"from": 0, "rate_bp": 700}, {"from": 1_000_000, "rate_bp": 1_300}]
CAPPED: dict[str, Any] = {
    "rules": [
        {
            "name": "Bertingkat",
            "when": {},
            "pay": {"kind": "tiers", "mode": "marginal", "steps": STEPS},
            "max_per_order": PER_ORDER,
        }
    ],
    "max_per_partner_month": PER_MONTH,
    "recruiter": {"rate_bp": 1_000, "active_days": 90},
}


async def _recruited(s: Stage, count: int) -> list[str]:
    """Clicks of so many partners in turn, whom Rina had brought."""
    links = []
    for _ in range(count):
        place = await make.enrolment(
            s.campaign, await make.organisation("partner"), approved_at=s.campaign.created_at
        )
        await Recruitment.create(
            id=f"rcr_{place.id}"[:32],
            merchant_id=s.cast.laras.id,
            recruit_id=place.partner_id,
            recruiter_id=s.cast.rina.id,
            enrolment_id=s.rina.id,
            by="handle",
            at=s.campaign.created_at,
        )
        links.append(await make.link(place))
    each = RACE // count // settings().click_order_limit + 1
    return [await s.click(link) for _ in range(each) for link in links]


async def test_a_thousand_sales_at_once_never_pass_the_budget_by_one_rupiah(
    http: Client, cast: Cast, clients: list[Client]
) -> None:
    """With tiers, a limit per order and one per partner and month, and a recruiter's share in the
    same budget. One partner's month is full before the race: all of theirs in it earns nothing.
    """
    s = await stage.set_up(http, cast, budget=BUDGET)
    await set_terms(s.campaign, CAPPED)
    await s.sell("INV-RINA", click_id=await s.click())  # who recruits must sell, too
    given = await _recruited(s, 8)
    full = [await s.sell(f"INV-FULL-{n}", click_id=given[0]) for n in range(19)]
    own = [c for sale in full for c in sale["commissions"] if c["kind"] == "tiers"]
    assert sum(c["amount"] for c in own) == PER_MONTH
    clicks = cycle(given)
    bodies = [body(f"INV-{n}", click_id=next(clicks)) for n in range(RACE)]
    replies = await post_all(clients, s, bodies)
    assert Counter(r.status_code for r in replies) == {201: RACE}
    assert await granted() == BUDGET
    await s.campaign.refresh_from_db()
    assert (s.campaign.reserved, s.campaign.end_reason) == (BUDGET, "budget")
    months = await _sums("partner_id")
    assert max(months) == PER_MONTH
    assert len(months) == 9  # Rina's shares, too
    assert max(await _sums("sale_id", "kind = 'tiers'")) == PER_ORDER
    assert await Commission.filter(kind="recruiter", amount__gt=0).exists()
    await is_clean()


async def _sums(column: str, where: str = "kind <> 'none'") -> list[int]:
    query = f"SELECT sum(amount) AS n FROM commission WHERE {where} GROUP BY {column}"
    return [int(row["n"]) for row in await sql.rows(query)]
