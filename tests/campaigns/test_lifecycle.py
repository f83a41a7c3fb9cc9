"""Campaigns over HTTP: drafted, changed, launched, paused, ended; by hand, by date, by budget."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from campaigns.lifecycle import jobs, queries
from campaigns.lifecycle.models import Campaign
from campaigns.terms import versions
from jejaring import world
from jejaring.hooks.models import Event
from jejaring.identity.models import Organisation
from jejaring.jobs import worker
from tests import make
from tests.cast import Cast, Member, call

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
PAY = {"kind": "percent", "rate_bp": 1000}
DRAFT: dict[str, Any] = {
    "name": "Batik Akhir Tahun",
    "product_ids": [],
    "audience": ["reseller", "influencer"],
    "joining": "open",
    "terms": {"rules": [{"name": "Semua", "when": {}, "pay": PAY}]},
}


async def ok(
    http: httpx2.AsyncClient, who: Member, method: str, path: str, json: object = None
) -> dict[str, Any]:
    reply = await call(http, who, method, path, json)
    assert reply.status_code in (200, 201), reply.text
    found: dict[str, Any] = reply.json()
    return found


async def drafted(http: httpx2.AsyncClient, cast: Cast, **more: Any) -> dict[str, Any]:
    return await ok(http, cast.laras, "POST", "/v1/campaigns", {**DRAFT, **more})


async def launched(http: httpx2.AsyncClient, cast: Cast, **more: Any) -> str:
    path = f"/v1/campaigns/{(await drafted(http, cast, **more))['id']}"
    await ok(http, cast.laras, "POST", f"{path}/launch")
    return path


async def refused(
    http: httpx2.AsyncClient, cast: Cast, method: str, path: str, json: object = None
) -> tuple[int, str]:
    reply = await call(http, cast.laras, method, path, json)
    return reply.status_code, reply.json()["code"]


def places(reply: httpx2.Response) -> list[str]:
    return sorted(error["pointer"] for error in reply.json()["errors"])


async def test_a_stranger_is_refused(http: httpx2.AsyncClient, cast: Cast) -> None:
    assert (await http.get("/v1/campaigns")).status_code == 401
    assert (await call(http, cast.rina, "POST", "/v1/campaigns", DRAFT)).status_code == 403


async def test_the_rival_sees_nothing(http: httpx2.AsyncClient, cast: Cast) -> None:
    path = f"/v1/campaigns/{(await drafted(http, cast))['id']}"
    terms = DRAFT["terms"]
    for method, tail, body in (
        ("GET", "", None),
        ("PATCH", "", {"name": "x"}),
        ("POST", "/launch", None),
        ("POST", "/pause", None),
        ("POST", "/end", None),
        ("POST", "/terms", terms),
        ("GET", "/terms", None),
    ):
        assert (await call(http, cast.bukit, method, path + tail, body)).status_code == 404
    assert (await call(http, cast.bukit, "GET", "/v1/campaigns")).json()["data"] == []


async def test_a_draft_is_answered_whole(http: httpx2.AsyncClient, cast: Cast) -> None:
    product = await make.product(cast.laras.org, price=200_000)
    made = await drafted(http, cast, product_ids=[product.id, product.id], budget=1_000_000)
    assert made["state"] == "draft"
    assert made["product_ids"] == [product.id]
    assert (made["budget"], made["reserved"], made["currency"]) == (1_000_000, 0, "IDR")
    assert made["terms"]["number"] == 1
    assert made["terms"]["rules"][0]["pay"] == PAY
    assert made["explain"]["id"][0] == "Semua: komisi 10% dari harga barang, untuk semua penjualan."
    assert made["explain"]["en"][0] == "Semua: 10% of the price of the goods, for every sale."
    assert "Rp20.000" in made["example"]["id"][0]
    assert made["enrolments"] == {"requested": 0, "active": 0, "rejected": 0, "ended": 0}
    assert made["join_url"] == f"http://jejaring.test/join/{made['id']}"
    read = await ok(http, cast.laras, "GET", f"/v1/campaigns/{made['id']}")
    assert read == made


async def test_enrolments_are_counted_and_named_products_are_called_by_name(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    product = await make.product(cast.laras.org, name="Kemeja Jlamprang")
    rules = [{"name": "K", "when": {"product_id": [product.id]}, "pay": PAY}]
    made = await drafted(http, cast, terms={"rules": rules})
    row = await Campaign.get(id=made["id"])
    await make.enrolment(row, cast.rina.org)
    await make.enrolment(row, cast.dimas.org, state="requested", approved_at=None)
    shown = await ok(http, cast.laras, "GET", f"/v1/campaigns/{made['id']}")
    assert shown["enrolments"] == {"requested": 1, "active": 1, "rejected": 0, "ended": 0}
    assert "untuk produk Kemeja Jlamprang" in shown["explain"]["id"][0]


async def test_every_bad_field_is_named_at_once(http: httpx2.AsyncClient, cast: Cast) -> None:
    raw = {"name": "", "product_ids": "all", "audience": [], "joining": "magic", "budget": 0,
           "terms": {"rules": []}, "starts_at": "tomorrow", "colour": "red"}  # fmt: skip
    reply = await call(http, cast.laras, "POST", "/v1/campaigns", raw)
    assert reply.status_code == 422
    wanted = ["audience", "budget", "colour", "joining", "name", "product_ids", "starts_at"]
    assert places(reply) == sorted(["/terms/rules", *(f"/{name}" for name in wanted)])


async def test_anothers_product_and_impossible_dates_are_named(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    his = await make.product(cast.bukit.org)
    rules = [
        {"when": {"product_id": [his.id]}, "pay": {"kind": "percent", "rate_bp": 1}},
    ]
    dates = {"starts_at": "2030-01-02T00:00:00Z", "ends_at": "2030-01-01T00:00:00Z"}
    raw = {**DRAFT, "product_ids": [his.id], "terms": {"rules": rules}, **dates}
    reply = await call(http, cast.laras, "POST", "/v1/campaigns", raw)
    assert (reply.status_code, reply.json()["code"]) == (422, "invalid")
    assert places(reply) == [
        "/ends_at",
        "/product_ids/0",
        "/terms/rules/0/when/product_id/0",
    ]
    assert await Campaign.all().count() == 0


async def test_everything_of_a_draft_changes(http: httpx2.AsyncClient, cast: Cast) -> None:
    product = await make.product(cast.laras.org)
    made = await drafted(http, cast, budget=5, ends_at="2030-01-01T00:00:00Z")
    path = f"/v1/campaigns/{made['id']}"
    wish = {
        "name": "Baru",
        "product_ids": [product.id],
        "audience": ["buzzer"],
        "joining": "approval",
        "questions": ["Akun Anda?"],
        "terms": {"rules": [{"pay": {"kind": "per_item", "amount": 500}}]},
        "starts_at": "2029-01-01T00:00:00Z",
        "ends_at": None,
        "budget": None,
    }
    changed = await ok(http, cast.laras, "PATCH", path, wish)
    for name, value in wish.items():
        if name != "terms":
            assert changed[name] == value
    assert changed["terms"]["number"] == 2
    whole = await ok(http, cast.laras, "PATCH", path, {"product_ids": []})
    assert whole["product_ids"] == []
    bad = await call(http, cast.laras, "PATCH", path, {"ends_at": "2028-01-01T00:00:00Z"})
    assert places(bad) == ["/ends_at"]


async def test_a_shop_that_nobody_knows_cannot_launch(http: httpx2.AsyncClient, cast: Cast) -> None:
    await Organisation.filter(id=cast.laras.id).update(vouched_at=None)
    path = f"/v1/campaigns/{(await drafted(http, cast))['id']}"
    assert await refused(http, cast, "POST", f"{path}/launch") == (409, "not_vouched")
    await make.site(cast.laras.org, "batiklaras.id")
    assert (await ok(http, cast.laras, "POST", f"{path}/launch"))["state"] == "live"


async def test_each_state_refuses_what_it_forbids(http: httpx2.AsyncClient, cast: Cast) -> None:
    path = f"/v1/campaigns/{(await drafted(http, cast))['id']}"
    assert await refused(http, cast, "POST", f"{path}/pause") == (409, "not_launched")
    assert await refused(http, cast, "POST", f"{path}/end") == (409, "not_launched")
    await ok(http, cast.laras, "POST", f"{path}/launch")
    assert await refused(http, cast, "POST", f"{path}/launch") == (409, "already_live")
    assert (await ok(http, cast.laras, "POST", f"{path}/pause"))["state"] == "paused"
    assert await refused(http, cast, "POST", f"{path}/pause") == (409, "already_paused")
    assert (await ok(http, cast.laras, "POST", f"{path}/launch"))["state"] == "live"
    ended = await ok(http, cast.laras, "POST", f"{path}/end")
    assert (ended["state"], ended["end_reason"]) == ("ended", "by_hand")
    for tail in ("launch", "pause", "end"):
        assert await refused(http, cast, "POST", f"{path}/{tail}") == (409, "campaign_ended")
    assert await refused(http, cast, "PATCH", path, {"name": "x"}) == (409, "campaign_ended")
    terms = await refused(http, cast, "POST", f"{path}/terms", DRAFT["terms"])
    assert terms == (409, "campaign_ended")
    told = await Event.filter(name__startswith="campaign.").order_by("id").values_list("name")
    assert [name for (name,) in told] == [
        "campaign.launched",
        "campaign.paused",
        "campaign.resumed",
        "campaign.ended",
    ]


async def test_after_launch_only_name_end_and_a_larger_budget_change(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    path = await launched(http, cast, budget=1_000)
    same = await ok(http, cast.laras, "GET", path)
    whole = {name: same[name] for name in DRAFT if name != "terms"}
    wish = whole | {"name": "Baru", "budget": 2_000, "ends_at": "2030-01-01T00:00:00Z"}
    changed = await ok(http, cast.laras, "PATCH", path, wish)
    assert (changed["name"], changed["budget"]) == ("Baru", 2_000)
    locked = {
        "audience": ["buzzer"],
        "joining": "invite",
        "terms": DRAFT["terms"],
        "questions": ["?"],
    }
    reply = await call(http, cast.laras, "PATCH", path, locked)
    assert (reply.status_code, reply.json()["code"]) == (409, "locked_once_live")
    assert places(reply) == ["/audience", "/joining", "/questions", "/terms"]
    product = await make.product(cast.laras.org)
    reply = await call(http, cast.laras, "PATCH", path, {"product_ids": [product.id]})
    assert places(reply) == ["/product_ids"]
    assert await refused(http, cast, "PATCH", path, {"budget": 1_999}) == (409, "budget_only_up")
    past = await call(http, cast.laras, "PATCH", path, {"ends_at": "2020-01-01T00:00:00Z"})
    assert (past.status_code, places(past)) == (422, ["/ends_at"])
    free = await ok(http, cast.laras, "PATCH", path, {"budget": None, "ends_at": None})
    assert (free["budget"], free["ends_at"]) == (None, None)


async def test_new_terms_are_a_new_version_from_now_or_later(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    path = await launched(http, cast)
    later = (world.now() + timedelta(days=3)).isoformat()
    body = {"rules": [{"pay": {"kind": "percent", "rate_bp": 2000}}], "effective_at": later}
    issued = await call(http, cast.laras, "POST", f"{path}/terms", body)
    assert issued.status_code == 201
    assert issued.json()["number"] == 2
    assert issued.json()["explain"]["id"][0].startswith("Komisi 1: komisi 20%")
    shown = await ok(http, cast.laras, "GET", path)
    assert (shown["terms"]["number"], [one["number"] for one in shown["announced"]]) == (1, [2])
    assert shown["explain"]["id"][0].startswith("Semua: komisi 10%")
    assert shown["announced"][0]["explain"] == issued.json()["explain"]
    with world.at(world.now() + timedelta(days=3, seconds=1)):
        then_shown = await ok(http, cast.laras, "GET", path)
    assert (then_shown["terms"]["number"], then_shown["announced"]) == (2, [])
    assert then_shown["explain"] == issued.json()["explain"]
    listed = await ok(http, cast.laras, "GET", f"{path}/terms")
    assert [one["number"] for one in listed["data"]] == [2, 1]
    cid = shown["id"]
    now = await versions.at([cid], world.now())
    assert now[cid][0] == 1
    then = await versions.at([cid, "cmp_none"], world.now() + timedelta(days=4))
    assert then[cid] == (2, await versions.by_number(cid, 2))
    assert list(then) == [cid]
    assert await versions.at([cid], world.now() - timedelta(days=400)) == {}
    past = {**body, "effective_at": "2020-01-01T00:00:00Z"}
    reply = await call(http, cast.laras, "POST", f"{path}/terms", past)
    assert (reply.status_code, places(reply)) == (422, ["/effective_at"])
    hidden = {"rules": [{"pay": PAY}, {"when": {"sku": ["A"]}, "pay": PAY}]}
    reply = await call(http, cast.laras, "POST", f"{path}/terms", hidden)
    assert (reply.status_code, places(reply)) == (422, ["/rules/1"])
    assert "1. Komisi 1" in reply.json()["errors"][0]["detail"]


async def test_a_campaign_begins_and_ends_by_date_even_if_the_job_is_late(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    start, end = NOW + timedelta(days=2), NOW + timedelta(days=5)
    with world.at(NOW):
        path = await launched(http, cast, starts_at=start.isoformat(), ends_at=end.isoformat())
    cid = path.rsplit("/", 1)[1]
    facts = (await queries.facts([cid]))[cid]
    assert facts.spans == ((start, end),)
    with world.at(start):
        assert await worker.drain(jobs.HANDLERS) == 1
        assert await Event.filter(name="campaign.started", subject=cid).count() == 1
    with world.at(end + timedelta(hours=1)):
        assert (await ok(http, cast.laras, "GET", path))["state"] == "ended"
        listed = await ok(http, cast.laras, "GET", "/v1/campaigns?state=ended")
        assert [row["id"] for row in listed["data"]] == [cid]
        assert (await ok(http, cast.laras, "GET", "/v1/campaigns?state=live"))["data"] == []
        assert await refused(http, cast, "POST", f"{path}/pause") == (409, "campaign_ended")
        assert await worker.drain(jobs.HANDLERS) == 1
        shown = await ok(http, cast.laras, "GET", path)
        assert (shown["end_reason"], datetime.fromisoformat(shown["ended_at"])) == ("date", end)


async def test_a_moved_end_leaves_the_old_job_nothing_to_do(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    end = NOW + timedelta(days=5)
    with world.at(NOW):
        path = await launched(http, cast, ends_at=end.isoformat())
        later = (end + timedelta(days=1)).isoformat()
        await ok(http, cast.laras, "PATCH", path, {"ends_at": later})
    with world.at(end):
        assert await worker.drain(jobs.HANDLERS) == 1
        assert (await ok(http, cast.laras, "GET", path))["state"] == "live"
    with world.at(end + timedelta(days=1)):
        assert await worker.drain(jobs.HANDLERS) == 1
    assert (await Campaign.get(id=path.rsplit("/", 1)[1])).end_reason == "date"


async def test_jobs_for_what_is_gone_or_paused_change_nothing(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    path = await launched(http, cast)
    await ok(http, cast.laras, "POST", f"{path}/pause")
    for topic in jobs.HANDLERS:
        await jobs.HANDLERS[topic]({"campaign_id": "cmp_nothing"})
        await jobs.HANDLERS[topic]({"campaign_id": path.rsplit("/", 1)[1]})
    assert (await ok(http, cast.laras, "GET", path))["state"] == "paused"
    assert await Event.filter(name="campaign.started").count() == 0


async def test_a_draft_whose_end_has_passed_cannot_launch(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    with world.at(NOW):
        end = (NOW + timedelta(days=1)).isoformat()
        path = f"/v1/campaigns/{(await drafted(http, cast, ends_at=end))['id']}"
    with world.at(NOW + timedelta(days=2)):
        assert await refused(http, cast, "POST", f"{path}/launch") == (409, "ends_in_past")
        drafts = await ok(http, cast.laras, "GET", "/v1/campaigns?state=draft")
        assert len(drafts["data"]) == 1


async def test_a_pause_does_not_count(http: httpx2.AsyncClient, cast: Cast) -> None:
    with world.at(NOW):
        path = await launched(http, cast)
    with world.at(NOW + timedelta(days=1)):
        await ok(http, cast.laras, "POST", f"{path}/pause")
    with world.at(NOW + timedelta(days=2)):
        await ok(http, cast.laras, "POST", f"{path}/launch")
    cid = path.rsplit("/", 1)[1]
    facts = (await queries.facts([cid, "cmp_none"]))[cid]
    assert facts.spans == (
        (NOW, NOW + timedelta(days=1)),
        (NOW + timedelta(days=2), None),
    )
    assert facts.covers("anything")


async def test_offers_are_the_live_campaigns_that_take_partners(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    path = await launched(http, cast)
    await launched(http, cast, joining="invite")
    await drafted(http, cast)
    rows, cursor = await queries.offers()
    assert ([f"/v1/campaigns/{row.id}" for row in rows], cursor) == ([path], None)
    assert (await queries.offers(merchant_id=cast.bukit.id))[0] == []
    assert (await queries.public(rows[0].id)).merchant.slug == "batik-laras"


@pytest.mark.parametrize("what", ["draft", "suspended", "nothing"])
async def test_what_is_not_public_is_not_found(
    http: httpx2.AsyncClient, cast: Cast, what: str
) -> None:
    made = await drafted(http, cast)
    if what == "suspended":
        await Campaign.filter(id=made["id"]).update(state="live")
        await Organisation.filter(id=cast.laras.id).update(suspended_at=world.now())
    with pytest.raises(Exception, match="not_found"):
        await queries.public("cmp_none" if what == "nothing" else made["id"])
