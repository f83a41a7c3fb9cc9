"""The reseller's way again in a browser that runs no script: every step is a link or a form."""

from jejaring.identity.hashing import hash_password
from jejaring.identity.models import User
from tests.browser import scene
from tests.browser.conftest import Enter
from tests.browser.walk import PASSWORD, Site
from tests.cast import Cast


async def test_signing_in_joining_sharing_and_earning_need_no_script(
    site: Site, enter: Enter, cast: Cast
) -> None:
    campaign = await scene.launch(site, cast)
    await User.filter(id=cast.rina.user.id).update(password_hash=await hash_password(PASSWORD))
    rina = await enter(script=False)
    await rina.sign_in("rina@example.com", "/partner")
    await rina.look("plain-partner-first")
    await rina.page.click("nav a >> text=Kampanye")
    await rina.page.wait_for_url("**/partner/campaigns")
    await rina.look("plain-campaigns")
    await rina.open(f"/join/{campaign}")
    await rina.look("plain-join")
    await rina.press("Gabung sekarang", "**/partner/links?*")
    await rina.page.click("a.go >> text=Batik Akhir Tahun")
    await rina.page.wait_for_url("**/partner/links/lnk_*")
    await rina.look("plain-link")
    link = await rina.page.get_attribute(".cp [data-copy]", "data-copy")
    assert link is not None
    await rina.sees(link.removeprefix("http://"), "Kata-kata siap pakai")
    buyer = await enter(script=False)
    await buyer.open(link)
    await buyer.look("plain-shop")
    await scene.sell(site, cast, buyer.page.url)
    await rina.page.click("nav a >> text=Pendapatan")
    await rina.page.wait_for_url("**/partner/earnings")
    await rina.sees("Rp37.000", "Kenapa Anda?")
    await rina.page.locator("details.ln summary").first.click()
    await rina.look("plain-earnings")
