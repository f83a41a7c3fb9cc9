"""A creator sends a post in from a phone; the shop accepts one and refuses another."""

from campaigns.enrolments.models import Enrolment
from jejaring.identity import sessions
from tests import make
from tests.browser.conftest import Enter
from tests.browser.walk import Site, Walker
from tests.cast import Cast, Member
from tests.referrals.shop import percent, set_terms

POST = {"name": "Unggah", "when": {}, "pay": {"kind": "per_post", "amount": 50_000}}


async def enters(enter: Enter, site: Site, who: Member) -> Walker:
    walker = await enter()
    token = await sessions.open(who.user.id, who.id)
    await walker.page.context.add_cookies(
        [{"name": sessions.cookie_name(), "value": token, "url": site.base}]
    )
    return walker


async def judges(walker: Walker, summary: str, step: str) -> None:
    """Open what is folded up, and send its form."""
    await walker.page.locator("summary", has_text=summary).first.click()
    await walker.press(step, "**/merchant/posts*")


async def test_a_post_from_the_phone_to_the_queue_and_back(
    site: Site, enter: Enter, cast: Cast
) -> None:
    campaign = await make.campaign(cast.laras.org)
    await set_terms(campaign, {"rules": [*percent()["rules"], POST]})
    place: Enrolment = await make.enrolment(campaign, cast.dimas.org, role="influencer")
    await make.coupon(place, "DIMAS10")
    here = f"/partner/campaigns/{campaign.id}"

    dimas = await enters(enter, site, cast.dimas)
    await dimas.open(here)
    await dimas.sees("Kirim postingan", "Rp50.000 per postingan yang diterima toko")
    await dimas.look("post-form")
    await dimas.fill(url="https://s.id/ZSabc")
    await dimas.press("Kirim ke toko", f"**{here}/posts")
    await dimas.sees("Ini link pendek")
    await dimas.look("post-short-link")
    await dimas.fill(
        url="https://www.instagram.com/dimas.prasetyo/reel/DAbc_12-xYz/?igsh=MTc4MmM1YmI2Ng==",
        note="Tayang jam 7 malam",
    )
    await dimas.press("Kirim ke toko", f"**{here}?*")
    await dimas.open(here)
    await dimas.fill(url="https://www.tiktok.com/@dimas/video/7301234567890123456")
    await dimas.press("Kirim ke toko", f"**{here}?*")
    await dimas.sees("Menunggu dinilai", "TikTok")
    await dimas.look("post-sent")

    laras = await enters(enter, site, cast.laras)
    await laras.open(f"/merchant/campaigns/{campaign.id}")
    await laras.sees("2 menunggu dinilai, 0 diterima")
    await laras.look("post-campaign")
    await laras.open(f"/merchant/posts?campaign={campaign.id}")
    await laras.sees("Tayang jam 7 malam", "Dimas Prasetyo")
    await laras.look("post-queue")
    await laras.press("Terima, Rp50.000", "**/merchant/posts*")
    await laras.sees("Komisi Dimas Prasetyo tercatat Rp50.000.")
    await judges(laras, "Tolak", "Tolak postingan")
    await laras.sees("Tidak ada yang menunggu")
    await laras.look("post-queue-empty")
    await laras.open("/merchant/posts?state=accepted")
    await laras.look("post-queue-accepted")

    await dimas.open(here)
    await dimas.sees("Diterima", "Rp50.000", "Ditolak", "Perbaiki, lalu kirim lagi.")
    await dimas.look("post-answers")
    await dimas.open("/partner/earnings")
    await dimas.sees("Rp50.000 per postingan = Rp50.000.")
    await dimas.look("post-earned")
