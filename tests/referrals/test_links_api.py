"""Enrolments, links and coupons over the API: who may, what comes back, what is refused."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from campaigns.lifecycle.models import Campaign
from jejaring import world
from jejaring.identity.rules import Caller
from jejaring.kit.errors import Conflict, Invalid, NotFound
from referrals.links import coupons, rename
from referrals.links.models import Coupon, Link
from tests import make
from tests.cast import Cast, Member, call


async def join(http: httpx2.AsyncClient, who: Member, campaign: Campaign) -> dict[str, Any]:
    """POST an enrolment as a reseller and expect 201."""
    body = {"campaign_id": campaign.id, "role": "reseller"}
    reply = await call(http, who, "POST", "/v1/enrolments", body)
    assert reply.status_code == 201, reply.text
    shown: dict[str, Any] = reply.json()
    return shown


def caller(member: Member) -> Caller:
    org = member.org
    return Caller(org.id, org.kind, org.slug, org.name, org.zone, member.user.id)


@pytest.fixture
async def campaign(cast: Cast) -> Campaign:
    return await make.campaign(cast.laras.org)


async def test_a_stranger_is_refused(http: httpx2.AsyncClient, cast: Cast) -> None:
    for method, path in (("POST", "/v1/enrolments"), ("POST", "/v1/links"), ("GET", "/v1/links")):
        assert (await http.request(method, path)).status_code == 401


async def test_the_rival_sees_nothing(
    http: httpx2.AsyncClient, cast: Cast, campaign: Campaign
) -> None:
    joined = await join(http, cast.rina, campaign)
    for rival in (cast.bukit, cast.dimas):
        listed = await call(http, rival, "GET", "/v1/enrolments")
        assert listed.json()["data"] == []
    assert (await call(http, cast.dimas, "GET", "/v1/links")).json()["data"] == []
    found = await call(http, cast.bukit, "GET", f"/v1/coupons/{joined['coupon']}")
    assert found.status_code == 404
    body = {"enrolment_id": joined["id"]}
    assert (await call(http, cast.dimas, "POST", "/v1/links", body)).status_code == 404


async def test_joining_gives_a_coupon_and_a_first_link(
    http: httpx2.AsyncClient, cast: Cast, campaign: Campaign
) -> None:
    joined = await join(http, cast.rina, campaign)
    assert (joined["state"], joined["role"], joined["coupon"]) == ("active", "reseller", "RINA10")
    link = joined["link"]
    base = "http://jejaring.test"
    assert link["url"] == f"{base}/r/{link['code']}"
    assert link["scan_url"] == f"{base}/q/{link['code']}"
    assert link["qr_svg_url"] == f"{base}/r/{link['code']}/qr.svg"
    assert link["qr_png_url"] == f"{base}/r/{link['code']}/qr.png"
    assert link["target"] == f"{base}/p/batik-laras"
    assert (await call(http, cast.rina, "GET", "/v1/links")).json()["data"] == [link]


async def test_joining_again_changes_nothing(
    http: httpx2.AsyncClient, cast: Cast, campaign: Campaign
) -> None:
    first = await join(http, cast.rina, campaign)
    body = {"campaign_id": campaign.id, "role": "influencer"}
    again = await call(http, cast.rina, "POST", "/v1/enrolments", body)
    assert (again.status_code, again.json()) == (200, first)
    assert (await Link.all().count(), await Coupon.all().count()) == (1, 1)


async def test_a_request_gets_its_coupon_and_link_on_approval(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    asked = await join(http, cast.rina, await make.campaign(cast.laras.org, joining="approval"))
    assert (asked["state"], asked["coupon"], asked["link"]) == ("requested", None, None)
    path = f"/v1/enrolments/{asked['id']}"
    assert (await call(http, cast.bukit, "POST", f"{path}/approve")).status_code == 404
    approved = (await call(http, cast.laras, "POST", f"{path}/approve")).json()
    assert (approved["state"], approved["coupon"]) == ("active", "RINA10")
    assert approved["link"]["code"]
    again = (await call(http, cast.laras, "POST", f"{path}/approve")).json()
    assert again == approved


async def test_the_same_link_again_is_the_same_link(
    http: httpx2.AsyncClient, cast: Cast, campaign: Campaign
) -> None:
    joined = await join(http, cast.rina, campaign)
    product = await make.product(cast.laras.org)
    body = {"enrolment_id": joined["id"], "product_id": product.id, "label": "  Bio \n IG "}
    first = await call(http, cast.rina, "POST", "/v1/links", body)
    assert first.status_code == 201
    assert first.json()["label"] == "Bio IG"
    body["label"] = "Bio IG"
    again = await call(http, cast.rina, "POST", "/v1/links", body)
    assert (again.status_code, again.json()) == (200, first.json())
    bare = await call(http, cast.rina, "POST", "/v1/links", {"enrolment_id": joined["id"]})
    assert (bare.status_code, bare.json()) == (200, joined["link"])


async def test_links_to_what_is_not_promised_are_refused(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    mine = await make.product(cast.laras.org)
    other = await make.product(cast.laras.org)
    gone = await make.product(cast.laras.org, archived_at=world.now())
    rivals = await make.product(cast.bukit.org)
    joined = await join(http, cast.rina, await make.campaign(cast.laras.org, mine, gone))
    for product in (other, gone, rivals):
        body = {"enrolment_id": joined["id"], "product_id": product.id}
        reply = await call(http, cast.rina, "POST", "/v1/links", body)
        assert reply.status_code == 422
        assert reply.json()["errors"][0]["pointer"] == "/product_id"
    target = {"enrolment_id": joined["id"], "target": "https://evil.com/"}
    assert (await call(http, cast.rina, "POST", "/v1/links", target)).status_code == 422


async def test_who_has_left_makes_no_links(
    http: httpx2.AsyncClient, cast: Cast, campaign: Campaign
) -> None:
    joined = await join(http, cast.rina, campaign)
    await call(http, cast.laras, "POST", f"/v1/enrolments/{joined['id']}/end", {})
    reply = await call(http, cast.rina, "POST", "/v1/links", {"enrolment_id": joined["id"]})
    assert reply.status_code == 409


async def test_each_partner_of_a_shop_has_another_coupon(
    http: httpx2.AsyncClient, cast: Cast, campaign: Campaign
) -> None:
    first = await join(http, cast.rina, campaign)
    second = await join(http, cast.rina, await make.campaign(cast.laras.org))
    elsewhere = await join(http, cast.rina, await make.campaign(cast.bukit.org))
    assert (first["coupon"], second["coupon"]) == ("RINA10", "RINA")
    assert elsewhere["coupon"] == "RINA10"


async def test_a_coupon_is_found_however_it_is_typed(
    http: httpx2.AsyncClient, cast: Cast, campaign: Campaign
) -> None:
    await join(http, cast.rina, campaign)
    for typed in ("RINA10", "rina10", "Rina%2010"):
        found = (await call(http, cast.laras, "GET", f"/v1/coupons/{typed}")).json()
        assert found == {
            "code": "RINA10", "valid": True, "reason": None, "campaign_id": campaign.id,
            "partner": "rina", "discount": None,
        }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"state": "paused", "paused_at": world.now()}, "campaign_paused"),
        ({"state": "ended", "ended_at": world.now()}, "campaign_ended"),
        ({"ends_at": world.now() - timedelta(days=1)}, "campaign_ended"),
        ({"starts_at": world.now() + timedelta(days=1)}, "campaign_not_started"),
    ],
)
async def test_a_coupon_says_why_it_does_not_count(
    http: httpx2.AsyncClient, cast: Cast, values: dict[str, Any], reason: str
) -> None:
    place = await make.enrolment(await make.campaign(cast.laras.org, **values), cast.rina.org)
    await make.coupon(place, "RINA10")
    found = (await call(http, cast.laras, "GET", "/v1/coupons/RINA10")).json()
    assert (found["valid"], found["reason"]) == (False, reason)


async def test_a_coupon_can_be_renamed_and_the_old_code_stops(
    cast: Cast, campaign: Campaign
) -> None:
    place = await make.enrolment(campaign, cast.rina.org)
    old = await make.coupon(place, "RINA10")
    await rename.rename(caller(cast.rina), place.id, "ratu batik")
    assert (await coupons.find(cast.laras.id, "RATUBATIK")).reason == ""
    assert (await coupons.find(cast.laras.id, "RINA10")).reason == "disabled"
    again = await rename.rename(caller(cast.rina), place.id, "RatuBatik")
    assert again.code == "RATUBATIK"
    back = await rename.rename(caller(cast.laras), place.id, "RINA10")
    assert (back.id, back.disabled_at) == (old.id, None)
    assert await coupons.of([place.id]) == {place.id: "RINA10"}


async def test_a_taken_code_is_refused_with_free_ones(cast: Cast, campaign: Campaign) -> None:
    place = await make.enrolment(campaign, cast.rina.org)
    await make.coupon(place, "RINA10")
    await make.coupon(await make.enrolment(campaign, cast.dimas.org), "BATIK10")
    with pytest.raises(Conflict) as refused:
        await rename.rename(caller(cast.rina), place.id, "batik10")
    assert refused.value.code == "coupon_taken"
    assert refused.value.values["suggestions"] == ["BATIK", "BATIK11", "BATIK12"]
    assert (await coupons.find(cast.laras.id, "RINA10")).reason == ""
    with pytest.raises(Invalid):
        await rename.rename(caller(cast.rina), place.id, "A!")
    with pytest.raises(NotFound):
        await rename.rename(caller(cast.bukit), place.id, "RINA99")
    place.state = "ended"
    await place.save(update_fields=["state"])
    with pytest.raises(Conflict):
        await rename.rename(caller(cast.rina), place.id, "RINA99")
