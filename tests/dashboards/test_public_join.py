"""Joining a campaign from its page: strangers and partners, every mistake at once."""

import httpx2
import pytest

from campaigns.enrolments.models import Enrolment
from jejaring import world
from jejaring.identity.models import Membership, User
from referrals.links.models import Coupon, Link
from tests import make
from tests.cast import Cast, sign_in
from tests.dashboards.well import PASSWORD, well_made


async def test_the_join_page_says_what_one_earns(http: httpx2.AsyncClient, cast: Cast) -> None:
    await make.product(cast.laras.org)
    campaign = await make.campaign(cast.laras.org)
    reply = await http.get(f"/join/{campaign.id}?role=follower")
    well_made(reply)
    assert "10%" in reply.text
    assert "Rp18.500" in reply.text
    assert 'value="follower" checked' in reply.text


async def test_a_draft_cannot_be_looked_at(http: httpx2.AsyncClient, cast: Cast) -> None:
    campaign = await make.campaign(cast.laras.org, state="draft", launched_at=None)
    assert (await http.get(f"/join/{campaign.id}")).status_code == 404


async def test_an_ended_campaign_takes_nobody(http: httpx2.AsyncClient, cast: Cast) -> None:
    campaign = await make.campaign(cast.laras.org, state="ended", ended_at=world.now())
    page = await http.get(f"/join/{campaign.id}")
    assert "Belum bisa bergabung" in page.text
    token = await sign_in(http, cast.rina)
    reply = await http.post(f"/join/{campaign.id}", data={"csrf": token, "role": "reseller"})
    assert reply.status_code == 409


async def test_a_stranger_signs_up_and_joins_in_one_step(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    campaign = await make.campaign(cast.laras.org)
    sent = {"role": "reseller", "name": "Wati", "phone": "0812-1111-2222", "password": PASSWORD}
    reply = await http.post(f"/join/{campaign.id}", data=sent)
    assert reply.headers["location"].startswith("/partner/links?pesan=joined")
    member = await Membership.get(user__phone="+6281211112222").select_related("organisation")
    assert member.organisation.kind == "partner"
    place = await Enrolment.get(campaign_id=campaign.id, partner_id=member.organisation_id)
    assert await Coupon.filter(enrolment_id=place.id).count() == 1
    assert await Link.filter(enrolment_id=place.id).count() == 1
    assert "Anda sudah di kampanye ini" in (await http.get(f"/join/{campaign.id}")).text


async def test_every_wrong_entry_is_said_at_once_and_nothing_is_made(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    campaign = await make.campaign(cast.laras.org)
    sent = {"role": "reseller", "name": "", "phone": "12", "password": "x"}
    before = await User.all().count()
    reply = await http.post(f"/join/{campaign.id}", data=sent)
    assert reply.status_code == 422
    assert reply.text.count('aria-invalid="true"') == 3
    wrong_role = await http.post(f"/join/{campaign.id}", data=sent | {"role": "king"})
    assert wrong_role.status_code == 422
    assert await User.all().count() == before


async def test_a_partner_asks_to_join_and_answers(http: httpx2.AsyncClient, cast: Cast) -> None:
    question = "Di mana ~ Anda / berjualan?"
    campaign = await make.campaign(cast.laras.org, joining="approval", questions=[question])
    token = await sign_in(http, cast.rina)
    sent = {"csrf": token, "role": "reseller"}
    refused = await http.post(f"/join/{campaign.id}", data=sent)
    assert 'id="f-answer-0-e"' in refused.text
    reply = await http.post(f"/join/{campaign.id}", data=sent | {"answer-0": "Pasar"})
    assert reply.headers["location"].startswith("/partner/campaigns?pesan=wait_requested")


@pytest.mark.parametrize("state", ["rejected", "ended"])
async def test_who_was_turned_away_does_not_come_back_by_the_page(
    http: httpx2.AsyncClient, cast: Cast, state: str
) -> None:
    campaign = await make.campaign(cast.laras.org)
    await make.enrolment(campaign, cast.rina.org, state=state)
    token = await sign_in(http, cast.rina)
    reply = await http.post(f"/join/{campaign.id}", data={"csrf": token, "role": "reseller"})
    page = await http.get(reply.headers["location"])
    assert "tidak bisa bergabung lagi" in page.text
    assert "Anda pernah di kampanye ini" in page.text


async def test_an_invitation_of_the_campaign_is_asked_for_and_counts(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    campaign = await make.campaign(cast.laras.org, joining="invite")
    assert 'name="code"' in (await http.get(f"/join/{campaign.id}")).text
    token = await sign_in(http, cast.rina)
    reply = await http.post(f"/join/{campaign.id}", data={"csrf": token, "role": "reseller"})
    assert reply.status_code == 403
    assert "undangan" in reply.text


async def test_a_shop_cannot_join(http: httpx2.AsyncClient, cast: Cast) -> None:
    campaign = await make.campaign(cast.laras.org)
    token = await sign_in(http, cast.bukit)
    assert "Masuk sebagai mitra dulu" in (await http.get(f"/join/{campaign.id}")).text
    reply = await http.post(f"/join/{campaign.id}", data={"csrf": token, "role": "reseller"})
    assert reply.status_code == 422
