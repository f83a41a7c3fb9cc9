"""Partners find a campaign, know before promising, join or ask to."""

from datetime import timedelta

import httpx2

from campaigns.enrolments.models import Enrolment
from jejaring import world
from referrals.links.models import Coupon, Link
from tests import make
from tests.cast import Cast, sign_in
from tests.referrals import shop


async def test_offers_say_what_one_earns_until_when_and_what_is_left(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    ends = world.now() + timedelta(days=9)
    await make.campaign(cast.laras.org, budget=500_000, reserved=20_000, ends_at=ends)
    await sign_in(http, cast.rina)
    page = (await http.get("/partner/campaigns")).text
    for fact in ("Batik Laras", "komisi 10%", "sisa anggaran Rp480.000", "Sampai "):
        assert fact in page, fact


async def test_drafts_ended_and_invited_campaigns_are_no_offers(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await make.campaign(cast.laras.org, name="Draf-nya", state="draft", launched_at=None)
    await make.campaign(cast.laras.org, name="Usai-nya", state="ended")
    await make.campaign(cast.laras.org, name="Undangan-nya", joining="invite")
    await sign_in(http, cast.rina)
    page = (await http.get("/partner/campaigns")).text
    assert "-nya" not in page
    assert "Tidak ada kampanye baru" in page


async def test_a_draft_is_not_found(http: httpx2.AsyncClient, cast: Cast) -> None:
    draft = await make.campaign(cast.laras.org, state="draft", launched_at=None)
    token = await sign_in(http, cast.rina)
    path = f"/partner/campaigns/{draft.id}"
    assert (await http.get(path)).status_code == 404
    sent = {"csrf": token, "role": "reseller"}
    assert (await http.post(f"{path}/join", data=sent)).status_code == 404


async def test_offers_have_a_second_page(http: httpx2.AsyncClient, cast: Cast) -> None:
    for n in range(13):
        await make.campaign(cast.laras.org, name=f"Kampanye-{n:02}-")
    await sign_in(http, cast.rina)
    first = (await http.get("/partner/campaigns")).text
    assert 'rel="next"' in first
    following = first.split('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = (await http.get(following)).text
    seen = [n for n in range(13) if f"-{n:02}-" in first]
    rest = [n for n in range(13) if f"-{n:02}-" in second]
    assert (len(seen), sorted(seen + rest)) == (12, list(range(13)))


async def test_joining_makes_a_code_and_a_link_and_leads_to_it(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    campaign = await make.campaign(cast.laras.org)
    token = await sign_in(http, cast.rina)
    path = f"/partner/campaigns/{campaign.id}"
    page = (await http.get(path)).text
    assert "Contoh: satu barang" in page
    reply = await http.post(f"{path}/join", data={"csrf": token, "role": "influencer"})
    link = await Link.get(campaign_id=campaign.id)
    assert reply.headers["location"].startswith(f"/partner/links/{link.id}?pesan=joined")
    code = (await Coupon.get(enrolment_id=link.enrolment_id)).code
    page = (await http.get(reply.headers["location"])).text
    assert f"/r/{link.code}" in page
    assert code in page
    again = (await http.get(path)).text
    assert "Anda sudah bergabung" in again
    assert "Influencer" in again


async def test_where_the_shop_approves_the_questions_are_answered(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    asked = ["Di kota/desa mana?", "Berapa pelanggan?"]
    campaign = await make.campaign(cast.laras.org, joining="approval", questions=asked)
    token = await sign_in(http, cast.rina)
    path = f"/partner/campaigns/{campaign.id}"
    sent = {"csrf": token, "role": "buzzer", "answer-0": "Pekalongan <b>", "answer-1": ""}
    reply = await http.post(f"{path}/join", data=sent)
    assert reply.status_code == 422
    assert "Pekalongan &lt;b&gt;" in reply.text
    assert 'value="buzzer" checked' in reply.text
    assert 'id="f-answer-1-e"' in reply.text
    assert 'id="f-answer-0-e"' not in reply.text
    assert not await Enrolment.exists()
    reply = await http.post(f"{path}/join", data=sent | {"answer-1": "dua puluh"})
    assert reply.headers["location"].startswith(f"{path}?pesan=wait_requested")
    place = await Enrolment.get()
    assert place.state == "requested"
    assert place.answers == {asked[0]: "Pekalongan <b>", asked[1]: "dua puluh"}
    assert "Menunggu jawaban toko" in (await http.get(path)).text


async def test_a_wrong_invitation_comes_back_with_what_was_typed(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    campaign = await make.campaign(cast.laras.org, joining="invite")
    token = await sign_in(http, cast.rina)
    sent = {"csrf": token, "role": "reseller", "code": "bukan-ini"}
    reply = await http.post(f"/partner/campaigns/{campaign.id}/join", data=sent)
    assert reply.status_code == 422
    assert 'value="bukan-ini"' in reply.text
    assert 'id="f-code-e"' in reply.text


async def test_an_ended_campaign_takes_nobody_and_says_so(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    campaign = await make.campaign(cast.laras.org, state="ended")
    token = await sign_in(http, cast.rina)
    path = f"/partner/campaigns/{campaign.id}"
    assert "Kampanye ini sudah berakhir." in (await http.get(path)).text
    reply = await http.post(f"{path}/join", data={"csrf": token, "role": "reseller"})
    assert reply.status_code == 409
    assert not await Enrolment.exists()


async def test_a_refusal_says_its_reason(http: httpx2.AsyncClient, cast: Cast) -> None:
    campaign = await make.campaign(cast.laras.org, joining="approval")
    await make.enrolment(
        campaign, cast.rina.org, state="rejected", reason_code="places_full", approved_at=None
    )
    await sign_in(http, cast.rina)
    page = (await http.get(f"/partner/campaigns/{campaign.id}")).text
    assert "Permintaan ditolak" in page
    assert "Tempat untuk mitra sudah penuh." in page


async def test_joined_campaigns_are_listed_apart(http: httpx2.AsyncClient, cast: Cast) -> None:
    s = await shop.set_up(http, cast)
    await sign_in(http, cast.rina)
    assert s.campaign.id not in (await http.get("/partner/campaigns")).text
    assert s.campaign.id in (await http.get("/partner/campaigns?mine=1")).text


async def test_terms_in_force_are_told_and_announced_ones_apart(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await shop.set_up(http, cast)
    await shop.set_terms(s.campaign, shop.percent(700), at=world.now() + timedelta(days=3))
    await sign_in(http, cast.dimas)
    listed = (await http.get("/partner/campaigns")).text
    assert "komisi 10%" in listed
    assert "komisi 7%" not in listed
    page = (await http.get(f"/partner/campaigns/{s.campaign.id}")).text
    now, _, coming = page.partition("Berubah mulai")
    assert "komisi 10%" in now
    assert "komisi 7%" not in now
    assert "komisi 7%" in coming


async def test_a_code_is_changed_or_comes_back_with_what_is_free(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await shop.set_up(http, cast)
    await make.coupon(s.rina, "RINA10")
    other = await make.enrolment(s.campaign, cast.dimas.org)
    await make.coupon(other, "DIMAS10")
    token = await sign_in(http, cast.rina)
    path = f"/partner/campaigns/{s.campaign.id}"
    reply = await http.post(f"{path}/code", data={"csrf": token, "coupon": "rina batik"})
    assert reply.headers["location"] == f"{path}?pesan=code_changed&coupon=RINABATIK"
    assert "RINABATIK" in (await http.get(path)).text
    for wrong in ("DIMAS10", "x"):
        reply = await http.post(f"{path}/code", data={"csrf": token, "coupon": wrong})
        assert reply.status_code in (409, 422)
        assert 'id="f-coupon-e"' in reply.text
        assert f'value="{wrong}"' in reply.text


async def test_no_code_without_a_place(http: httpx2.AsyncClient, cast: Cast) -> None:
    campaign = await make.campaign(cast.laras.org)
    token = await sign_in(http, cast.rina)
    sent = {"csrf": token, "coupon": "RINA10"}
    reply = await http.post(f"/partner/campaigns/{campaign.id}/code", data=sent)
    assert reply.status_code == 404
