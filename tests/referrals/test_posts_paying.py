"""Accepted posts: paid once, within the limits, held and released like anything earned."""

import asyncio
from datetime import timedelta

import httpx2
import pytest

from campaigns.content.models import Submission
from campaigns.enrolments import join, tiers
from campaigns.lifecycle.models import Campaign
from dashboards.figures import audit as figures_audit
from dashboards.figures import rollup
from dashboards.figures.models import DailyFigure
from jejaring import world
from jejaring.db import sql
from referrals.commissions.jobs import HANDLERS as COMMISSION_JOBS
from referrals.commissions.models import Commission
from referrals.commissions.release import release_due
from referrals.network.models import Recruitment
from referrals.posts import audit
from referrals.review import decide
from tests.cast import Cast, call
from tests.referrals.posting import FEE, URL, clean, judge, posting, refusal, send, sent, terms
from tests.referrals.shop import percent, set_terms


async def test_a_post_is_sent_in_accepted_held_and_paid(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s, place = await posting(http, cast)
    now = world.now()
    with world.at(now):
        shown = (await send(s, place, f"{URL}?igsh=abc", note=" Sudah tayang ")).json()
    assert (shown["state"], shown["platform"], shown["url"]) == ("waiting", "instagram", URL)
    assert (shown["note"], shown["fee"], shown["commissions"]) == ("Sudah tayang", FEE, [])
    with world.at(now + timedelta(days=1)):
        reply = await judge(s, shown["id"])
    assert reply.status_code == 200, reply.text
    told = reply.json()
    assert (told["state"], told["fee"], told["partner"]) == ("accepted", 0, "dimas")
    (made,) = told["commissions"]
    assert (made["amount"], made["state"], made["kind"]) == (FEE, "pending", "per_post")
    row = await Commission.get()
    assert row.key == f"accrue:{shown['id']}:{place.id}:Post"
    assert row.release_at == now + timedelta(days=8)
    listed = (await call(http, cast.dimas, "GET", "/v1/commissions")).json()["data"][0]
    assert listed["because"][0]["text"].endswith("Rp50.000 per postingan = Rp50.000.")
    campaign = await Campaign.get(id=s.campaign.id)
    assert campaign.reserved == FEE
    with world.at(now + timedelta(days=8)):
        assert await release_due() == 1
    stands = await s.balance(cast.dimas)
    assert stands is not None
    assert (stands.pending, stands.payable) == (0, FEE)
    assert await clean()


async def test_without_a_hold_it_is_payable_at_once(http: httpx2.AsyncClient, cast: Cast) -> None:
    s, place = await posting(http, cast, terms(hold_days=0))
    told = (await judge(s, await sent(s, place))).json()
    assert told["commissions"][0]["state"] == "payable"
    statement = (await call(http, cast.dimas, "GET", "/v1/statement")).json()["data"][0]
    assert {row["reference"] for row in statement["movements"]} == {f"Post · {URL}"}
    assert await clean()


async def test_what_a_post_earned_is_in_the_shops_figures(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s, place = await posting(http, cast)
    one = await sent(s, place)
    assert (await judge(s, one)).status_code == 200
    await rollup.run()
    assert sum(row.commission for row in await DailyFigure.all()) == FEE
    com = (await Commission.get()).id
    await decide.hold(cast.laras.id, com, "complaint", "usr_test")
    await decide.reject(cast.laras.id, com, "rules_broken", "usr_test")
    await rollup.run()
    assert sum(row.commission for row in await DailyFigure.all()) == 0
    assert await figures_audit.audit() == []


async def test_accepting_again_changes_nothing(http: httpx2.AsyncClient, cast: Cast) -> None:
    s, place = await posting(http, cast)
    one = await sent(s, place)
    first = (await judge(s, one)).json()
    await set_terms(s.campaign, percent(), at=world.now())
    again = await judge(s, one)
    assert (again.status_code, again.json()) == (200, first)
    assert await Commission.all().count() == 1


async def test_two_who_accept_at_once_pay_once(http: httpx2.AsyncClient, cast: Cast) -> None:
    s, place = await posting(http, cast)
    one = await sent(s, place)
    replies = await asyncio.gather(*(judge(s, one) for _ in range(5)))
    assert {reply.status_code for reply in replies} == {200}
    assert await Commission.all().count() == 1
    assert (await Campaign.get(id=s.campaign.id)).reserved == FEE
    assert await clean()


async def test_accept_and_refuse_at_once_are_one_answer(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s, place = await posting(http, cast)
    one = await sent(s, place)
    a, b = await asyncio.gather(judge(s, one), judge(s, one, "refuse", reason_code="other"))
    assert sorted((a.status_code, b.status_code)) == [200, 409]
    row = await Submission.get()
    assert await Commission.all().count() == (1 if row.state == "accepted" else 0)
    assert await clean()


async def test_a_post_that_was_sent_in_time_counts_after_the_end(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s, place = await posting(http, cast)
    one = await sent(s, place)
    await s.send("POST", f"/v1/campaigns/{s.campaign.id}/end", {})
    assert (await judge(s, one)).json()["commissions"][0]["amount"] == FEE
    assert await clean()


async def test_every_rule_that_holds_pays_and_a_line_rule_does_not_mind(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    gold = {"name": "Emas", "when": {"tier": ["gold"]}, "pay": {"kind": "per_post", "amount": 9}}
    role = {"name": "Kreator", "when": {"role": ["influencer"]},
            "pay": {"kind": "per_post", "amount": 7}}  # fmt: skip
    line = {"name": "Jual", "when": {}, "pay": {"kind": "percent", "rate_bp": 1_000}}
    s, place = await posting(http, cast, terms(gold, role, line))
    told = (await judge(s, await sent(s, place))).json()
    assert [row["amount"] for row in told["commissions"]] == [FEE, 7]
    await tiers.set_tier(cast.laras.id, place.id, "gold", "test")
    told = (await judge(s, await sent(s, place, "https://x.com/dimas/status/17651"))).json()
    assert [row["amount"] for row in told["commissions"]] == [FEE, 9, 7]
    assert await clean()


async def test_the_fee_is_of_the_terms_in_force_at_acceptance(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s, place = await posting(http, cast)
    one = await sent(s, place)
    raised = terms(pay={"kind": "per_post", "amount": 60_000})
    await set_terms(s.campaign, raised, at=world.now())
    told = (await judge(s, one)).json()
    assert told["commissions"][0]["amount"] == 60_000
    assert (await Commission.get()).terms_number == (await Submission.get()).terms_number == 3


async def test_terms_that_no_longer_pay_do_not_accept(http: httpx2.AsyncClient, cast: Cast) -> None:
    s, place = await posting(http, cast)
    one = await sent(s, place)
    await set_terms(s.campaign, percent(), at=world.now())
    reply = await judge(s, one)
    assert (reply.status_code, refusal(reply)) == (409, "posts_not_paid")
    assert (await Submission.get()).state == "waiting"
    listed = (await s.send("GET", "/v1/submissions")).json()["data"]
    assert listed[0]["fee"] == 0


async def test_from_and_until_look_at_when_it_was_sent(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    now = world.now()
    until = (now + timedelta(days=1)).isoformat()
    s, place = await posting(http, cast, terms(when={"until": until}))
    one = await sent(s, place)
    with world.at(now + timedelta(days=3)):
        assert refusal(await send(s, place, "https://x.com/dimas/status/17651")) == "posts_not_paid"
        assert (await judge(s, one)).status_code == 200


async def test_the_budget_pays_what_is_left_and_says_so(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s, place = await posting(http, cast, budget=80_000)
    ids = [await sent(s, place, f"https://x.com/dimas/status/17651{n}") for n in range(3)]
    told = [(await judge(s, one)).json()["commissions"][0] for one in ids]
    assert [row["amount"] for row in told] == [FEE, 30_000, 0]
    assert [row["because"][0]["notes"] for row in told] == [[], ["budget_spent"], ["budget_spent"]]
    assert "Anggaran" in told[1]["because"][0]["text"]
    assert (await Campaign.get(id=s.campaign.id)).state == "ended"
    assert await clean()


@pytest.mark.parametrize("where", ["rule", "all"])
async def test_the_months_limits_hold(http: httpx2.AsyncClient, cast: Cast, where: str) -> None:
    cap = {"max_per_partner_month": 70_000}
    body = terms(**cap) if where == "rule" else terms() | cap
    s, place = await posting(http, cast, body)
    now = world.now().replace(day=1)
    ids = [await sent(s, place, f"https://x.com/dimas/status/17651{n}") for n in range(3)]
    with world.at(now + timedelta(days=40)):
        first, second = [(await judge(s, one)).json()["commissions"][0] for one in ids[:2]]
    assert (first["amount"], second["amount"]) == (FEE, 20_000)
    assert second["because"][0]["notes"] == ["month_cap"]
    with world.at(now + timedelta(days=75)):
        assert (await judge(s, ids[2])).json()["commissions"][0]["amount"] == FEE
    assert await clean()


async def test_a_rule_that_pays_nothing_still_accepts(http: httpx2.AsyncClient, cast: Cast) -> None:
    s, place = await posting(http, cast, terms(pay={"kind": "per_post", "amount": 0}))
    told = (await judge(s, await sent(s, place))).json()
    assert [row["amount"] for row in told["commissions"]] == [0]
    assert await clean()


async def test_a_recruiter_has_no_share_of_posts(http: httpx2.AsyncClient, cast: Cast) -> None:
    body = terms() | {"recruiter": {"rate_bp": 1_000, "active_days": 30}}
    s, place = await posting(http, cast, body)
    await s.sell("INV-1", click_id=await s.click())
    await Recruitment.create(
        id=world.new_id("rec"), merchant_id=cast.laras.id, recruit_id=cast.dimas.id,
        recruiter_id=cast.rina.id, enrolment_id=place.id, by="code", at=world.now(),
    )  # fmt: skip
    await judge(s, await sent(s, place))
    assert await Commission.filter(kind="recruiter").count() == 0


async def test_who_left_for_fraud_gets_it_held(http: httpx2.AsyncClient, cast: Cast) -> None:
    s, place = await posting(http, cast, terms(hold_days=0))
    one = await sent(s, place)
    await join.end(cast.laras.id, place.id, "test", "fraud")
    await COMMISSION_JOBS["commissions.hold"]({"enrolment_id": place.id, "reason": "fraud"})
    told = (await judge(s, one)).json()["commissions"][0]
    assert (told["state"], told["reason_code"]) == ("held", "fraud")
    assert await clean()


async def test_an_accepted_post_is_only_held_then_rejected(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s, place = await posting(http, cast)
    told = (await judge(s, await sent(s, place))).json()
    path = f"/v1/commissions/{told['commissions'][0]['id']}"
    reply = await s.send("POST", f"{path}/reject", {"reason_code": "rules_broken"})
    assert (reply.status_code, refusal(reply)) == (409, "post_hold_first")
    assert (await s.send("POST", f"{path}/hold", {"reason_code": "complaint"})).status_code == 200
    reply = await s.send("POST", f"{path}/reject", {"reason_code": "rules_broken"})
    assert reply.status_code == 200
    assert (await Campaign.get(id=s.campaign.id)).reserved == 0
    assert await clean()
    seen = (await call(http, cast.dimas, "GET", "/v1/submissions")).json()["data"][0]
    assert (seen["state"], seen["commissions"][0]["state"]) == ("accepted", "rejected")


async def test_a_held_post_goes_on_when_it_is_let_go(http: httpx2.AsyncClient, cast: Cast) -> None:
    s, place = await posting(http, cast)
    now = world.now()
    row_id = (await judge(s, await sent(s, place))).json()["commissions"][0]["id"]
    await decide.hold(cast.laras.id, row_id, "complaint", "test")
    await decide.unhold(cast.laras.id, row_id, "test")
    with world.at(now + timedelta(days=8)):
        assert await release_due() == 1
    assert await clean()


async def test_check_finds_what_does_not_fit(http: httpx2.AsyncClient, cast: Cast) -> None:
    s, place = await posting(http, cast)
    one = await sent(s, place)
    await judge(s, one)
    assert await audit.audit() == []
    await sql.rows("UPDATE submission SET state = 'waiting' WHERE id = ?", [one])
    assert [found.what for found in await audit.audit()] == ["submission"]
    await sql.rows("UPDATE submission SET state = 'accepted' WHERE id = ?", [one])
    await sql.rows("UPDATE commission SET key = 'accrue:none'")
    assert [found.what for found in await audit.audit()] == ["commission", "submission"]


async def test_a_simulation_leaves_posts_out_and_says_so(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s, place = await posting(http, cast)
    await judge(s, await sent(s, place))
    path = f"/v1/campaigns/{s.campaign.id}/terms/simulate"
    reply = (await s.send("POST", path, terms())).json()
    assert (reply["left_out"], reply["real"]) == (["per_post"], 0)
