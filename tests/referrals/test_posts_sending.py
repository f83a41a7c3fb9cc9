"""Posts as proof: who may send in what, how they are judged, who sees them."""

import asyncio
from datetime import timedelta

import httpx2
import pytest

from campaigns.content.models import Submission
from campaigns.enrolments.models import Enrolment
from campaigns.lifecycle.models import Campaign
from jejaring import world
from jejaring.hooks.models import Event
from jejaring.trail.models import AuditEntry
from tests import make
from tests.cast import Cast, call
from tests.referrals.posting import URL, clean, judge, posting, refusal, send, sent, terms
from tests.referrals.shop import percent, set_terms


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
        ("https://s.id/ZSabc", "link pendek"),
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
