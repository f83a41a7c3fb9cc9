"""A partner's tier, set by hand: by the API and on the partner's page."""

import httpx2

from campaigns.enrolments.models import Enrolment
from jejaring.hooks.models import Event
from tests.cast import Cast, call, sign_in
from tests.referrals.shop import set_terms, set_up


async def test_a_stranger_and_a_partner_are_refused(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await set_up(http, cast)
    path = f"/v1/enrolments/{s.rina.id}"
    assert (await http.patch(path, json={"tier": "gold"})).status_code == 401
    assert (await call(http, cast.rina, "PATCH", path, {"tier": "gold"})).status_code == 403


async def test_the_rival_finds_nothing(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await set_up(http, cast)
    reply = await call(http, cast.bukit, "PATCH", f"/v1/enrolments/{s.rina.id}", {"tier": "gold"})
    assert reply.status_code == 404


async def test_a_tier_counts_for_sales_recorded_from_then_on(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await set_up(http, cast)
    gold = {"name": "Emas", "when": {"tier": ["gold"]}, "pay": {"kind": "percent", "rate_bp": 2000}}
    rest = {"name": "Lain", "when": {}, "pay": {"kind": "percent", "rate_bp": 1000}}
    await set_terms(s.campaign, {"rules": [gold, rest]})
    before = await s.sell("INV-1", click_id=await s.click())
    path = f"/v1/enrolments/{s.rina.id}"
    reply = await s.send("PATCH", path, {"tier": "gold"})
    assert (reply.status_code, reply.json()["tier"]) == (200, "gold")
    await s.send("PATCH", path, {"tier": "gold"})
    after = await s.sell("INV-2", click_id=await s.click())
    assert before["commissions"][0]["amount"] == 20_000
    assert after["commissions"][0]["amount"] == 40_000
    assert await Event.filter(name="enrolment.tier_changed").count() == 2


async def test_unknown_tiers_and_ended_places_are_refused(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await set_up(http, cast)
    path = f"/v1/enrolments/{s.rina.id}"
    assert (await s.send("PATCH", path, {"tier": "platinum"})).status_code == 422
    await s.send("POST", f"{path}/end", {})
    reply = await s.send("PATCH", path, {"tier": "gold"})
    assert (reply.status_code, reply.json()["code"]) == (409, "enrolment_ended")


async def test_the_partners_page_sets_it(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await set_up(http, cast)
    token = await sign_in(http, cast.laras)
    page = await http.get(f"/merchant/partners/{cast.rina.id}")
    assert f"/merchant/enrolments/{s.rina.id}/tier" in page.text
    act = f"/merchant/enrolments/{s.rina.id}/tier"
    reply = await http.post(act, data={"csrf": token, "tier": "silver"})
    assert reply.headers["location"].startswith(f"/merchant/partners/{cast.rina.id}?")
    assert (await Enrolment.get(id=s.rina.id)).tier == "silver"
    reply = await http.post(act, data={"csrf": token, "tier": "diamond"})
    assert reply.status_code == 303
    assert (await Enrolment.get(id=s.rina.id)).tier == "silver"
