"""Posts as proof: sent in once, judged once, paid once, within the limits."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from campaigns.content.models import Submission
from campaigns.enrolments import join, tiers
from campaigns.enrolments.models import Enrolment
from campaigns.lifecycle.models import Campaign
from dashboards.figures import audit as figures_audit
from dashboards.figures import rollup
from dashboards.figures.models import DailyFigure
from jejaring import world
from jejaring.db import sql
from jejaring.hooks.models import Event
from jejaring.ledger import audit as ledger_audit
from jejaring.trail.models import AuditEntry
from referrals.commissions import audit as commissions_audit
from referrals.commissions.jobs import HANDLERS as COMMISSION_JOBS
from referrals.commissions.models import Commission
from referrals.commissions.release import release_due
from referrals.network.models import Recruitment
from referrals.posts import audit
from referrals.review import decide
from tests import make
from tests.cast import Cast, call
from tests.referrals.shop import Stage, percent, set_terms, set_up

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


async def test_a_stranger_is_refused(http: httpx2.AsyncClient, cast: Cast) -> None:
    for method, path in (
        ("GET", "/v1/submissions"),
        ("POST", "/v1/submissions"),
        ("POST", "/v1/submissions/sub_1/accept"),
        ("POST", "/v1/submissions/sub_1/refuse"),
    ):
        assert (await http.request(method, path, json={})).status_code == 401


async def test_the_rival_sees_and_does_nothing(http: httpx2.AsyncClient, cast: Cast) -> None:
    s, place = await posting(http, cast)
    one = await sent(s, place)
    for rival in (cast.bukit, cast.rina):
        assert (await call(http, rival, "GET", "/v1/submissions")).json()["data"] == []
        assert (await call(http, rival, "GET", f"/v1/submissions/{one}")).status_code == 404
    for step in ("accept", "refuse"):
        path, body = f"/v1/submissions/{one}/{step}", {"reason_code": "other"}
        sent_body = body if step == "refuse" else {}
        assert (await call(http, cast.bukit, "POST", path, sent_body)).status_code == 404
    body = {"enrolment_id": place.id, "url": URL}
    assert (await call(http, cast.rina, "POST", "/v1/submissions", body)).status_code == 404


async def test_each_side_needs_the_scope_of_its_own(http: httpx2.AsyncClient, cast: Cast) -> None:
    for member, right, wrong in (
        (cast.laras, "campaigns", "sales"),
        (cast.dimas, "content", "links"),
    ):
        for scope, status in ((right, 200), (wrong, 403)):
            key = await make.key(member.org, frozenset({scope}))
            headers = {"Authorization": f"Bearer {key}"}
            reply = await http.get("/v1/submissions", headers=headers)
            assert reply.status_code == status, (member.org.slug, scope)


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


async def test_the_same_post_counts_once_whoever_sends_it(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s, place = await posting(http, cast)
    await Enrolment.filter(id=s.rina.id).update(role="buzzer")
    one = await sent(s, place, note="a")
    again = await send(s, place, "https://instagram.com/dimas/reel/DAbc_12-x", note="a")
    assert (again.status_code, again.json()["id"]) == (200, one)
    other = await send(s, place, note="b")
    assert (other.status_code, refusal(other)) == (409, "submission_exists")
    theirs = await send(s, s.rina)
    assert (theirs.status_code, refusal(theirs)) == (409, "post_taken")
    assert await Submission.all().count() == 1


async def test_two_partners_who_send_one_post_at_once(http: httpx2.AsyncClient, cast: Cast) -> None:
    s, place = await posting(http, cast)
    await Enrolment.filter(id=s.rina.id).update(role="buzzer")
    replies = await asyncio.gather(send(s, place), send(s, s.rina), send(s, place))
    assert await Submission.all().count() == 1
    assert sorted(r.status_code for r in replies) in ([200, 201, 409], [201, 409, 409])


async def test_a_refused_post_says_why_and_may_come_again(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s, place = await posting(http, cast)
    one = await sent(s, place)
    reply = await judge(s, one, "refuse", reason_code="post_no_ad_mark")
    assert reply.status_code == 200, reply.text
    seen = (await call(http, cast.dimas, "GET", f"/v1/submissions/{one}")).json()
    assert (seen["state"], seen["reason_code"]) == ("refused", "post_no_ad_mark")
    assert seen["reason"] == "Belum ada tanda #iklan di postingannya."
    english = await http.get(
        f"/v1/submissions/{one}", headers={**cast.dimas.headers, "Accept-Language": "en"}
    )
    assert english.json()["reason"] == "The post is not marked as an advertisement (#iklan)."
    assert (await judge(s, one, "refuse", reason_code="post_no_ad_mark")).status_code == 200
    other = await judge(s, one, "refuse", reason_code="other")
    assert (other.status_code, refusal(other)) == (409, "post_refused")
    assert refusal(await judge(s, one)) == "post_refused"
    again = await sent(s, place)
    assert again != one
    assert (await judge(s, again)).status_code == 200
    late = await judge(s, again, "refuse", reason_code="other")
    assert (late.status_code, refusal(late)) == (409, "post_accepted")
    assert await clean()


async def test_a_reason_is_of_the_list(http: httpx2.AsyncClient, cast: Cast) -> None:
    s, place = await posting(http, cast)
    reply = await judge(s, await sent(s, place), "refuse", reason_code="jelek")
    assert (reply.status_code, refusal(reply)) == (422, "invalid")
    assert reply.json()["errors"][0]["pointer"] == "/reason_code"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://www.instagram.com/p/DAbc_12-x", "mulai dengan https://"),
        ("https://vt.tiktok.com/ZSabc", "link pendek"),
        ("https://www.instagram.com/dimas", "bukan satu postingan"),
    ],
)
async def test_an_address_that_is_no_post_is_refused(
    http: httpx2.AsyncClient, cast: Cast, url: str, words: str
) -> None:
    s, place = await posting(http, cast)
    reply = await send(s, place, url)
    assert reply.status_code == 422
    (wrong,) = reply.json()["errors"]
    assert wrong["pointer"] == "/url"
    assert words in wrong["detail"]


async def test_only_whom_the_rules_name_may_send(http: httpx2.AsyncClient, cast: Cast) -> None:
    s, _ = await posting(http, cast)
    reply = await send(s, s.rina)
    assert (reply.status_code, refusal(reply)) == (409, "posts_not_paid")
    await set_terms(s.campaign, terms(when={"role": ["reseller"]}))
    assert (await send(s, s.rina)).status_code == 201


async def test_a_campaign_that_pays_for_no_posts_takes_none(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s, place = await posting(http, cast, percent())
    assert refusal(await send(s, place)) == "posts_not_paid"


async def test_only_an_active_place_in_a_live_campaign_sends(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s, place = await posting(http, cast)
    for state, code in (("paused", "campaign_paused"), ("ended", "campaign_ended")):
        await Campaign.filter(id=s.campaign.id).update(state=state)
        assert refusal(await send(s, place)) == code
    await Campaign.filter(id=s.campaign.id).update(state="live")
    await Enrolment.filter(id=place.id).update(state="ended")
    assert refusal(await send(s, place)) == "enrolment_not_active"


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


async def test_too_many_that_wait_are_refused(
    http: httpx2.AsyncClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaigns.content.rules.MAX_WAITING", 2)
    s, place = await posting(http, cast)
    for n in range(2):
        await sent(s, place, f"https://x.com/dimas/status/17651{n}")
    reply = await send(s, place)
    assert (reply.status_code, refusal(reply)) == (409, "posts_waiting")


async def test_lists_are_filtered_and_paged(http: httpx2.AsyncClient, cast: Cast) -> None:
    s, place = await posting(http, cast)
    now, ids = world.now(), []
    for n in range(3):
        with world.at(now + timedelta(seconds=n)):
            ids.append(await sent(s, place, f"https://x.com/dimas/status/17651{n}"))
    await judge(s, ids[0], "refuse", reason_code="other")
    page = (await s.send("GET", "/v1/submissions?limit=2")).json()
    assert [row["id"] for row in page["data"]] == [ids[2], ids[1]]
    rest = (await s.send("GET", f"/v1/submissions?limit=2&cursor={page['next_cursor']}")).json()
    assert ([row["id"] for row in rest["data"]], rest["next_cursor"]) == ([ids[0]], None)
    for query, wanted in (
        ("state=refused", [ids[0]]),
        (f"campaign_id={s.campaign.id}&state=waiting", [ids[2], ids[1]]),
        (f"enrolment_id={s.rina.id}", []),
    ):
        found = (await call(http, cast.dimas, "GET", f"/v1/submissions?{query}")).json()["data"]
        assert [row["id"] for row in found] == wanted


async def test_a_key_of_idempotency_replays_the_answer(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    _, place = await posting(http, cast)
    headers = {**cast.dimas.headers, "Idempotency-Key": "k-1"}
    body = {"enrolment_id": place.id, "url": URL}
    first, again = [
        await http.post("/v1/submissions", headers=headers, json=body) for _ in range(2)
    ]
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"


async def test_both_sides_are_told_and_the_trail_knows(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s, place = await posting(http, cast)
    await judge(s, await sent(s, place), "refuse", reason_code="other")
    await judge(s, await sent(s, place))
    told = await Event.filter(name__startswith="submission.").order_by("id")
    assert [event.name for event in told] == [
        name for name in ("submission.sent", "submission.refused", "submission.sent",
                          "submission.accepted") for _ in range(2)
    ]  # fmt: skip
    assert {event.organisation_id for event in told} == {cast.laras.id, cast.dimas.id}
    assert await AuditEntry.filter(action__startswith="submission.").count() == 4


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
