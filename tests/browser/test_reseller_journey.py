"""A reseller from the join page to money paid, and the shop that pays: two people, one browser."""

from jejaring.identity.hashing import hash_password
from jejaring.identity.models import User
from tests.browser import scene
from tests.browser.conftest import Enter
from tests.browser.walk import PASSWORD, Site, Walker, until
from tests.cast import Cast


async def test_a_link_is_shared_a_sale_explained_and_paid(
    site: Site, enter: Enter, cast: Cast
) -> None:
    campaign = await scene.launch(site, cast)
    wati = await enter()
    link = await _join_and_copy(wati, campaign)
    buyer = await enter()
    await buyer.open(link)
    await buyer.sees("Kemeja Jlamprang", "Rp185.000", "Wati")
    await buyer.look("shop-by-link")
    await scene.sell(site, cast, buyer.page.url)
    await until(lambda: scene.payable(site, cast))
    await _reads_why(wati)
    await _fills_in_account(wati)
    laras = await enter()
    await _pays(laras, cast)
    await _sees_it_paid(wati)


async def _join_and_copy(wati: Walker, campaign: str) -> str:
    await wati.open(f"/join/{campaign}")
    await wati.look("join")
    await wati.sees("Yang Anda dapat", "Rp18.500", "bukan janji pendapatan")
    await wati.page.check("[name=role][value=reseller]")
    await wati.fill(name="Wati Lestari", phone="0812-3456-7890", password=PASSWORD)
    await wati.press("Gabung sekarang", "**/partner/links?*")
    await wati.sees("Anda bergabung di Batik Akhir Tahun", "WATI10")
    await wati.look("partner-links")
    await wati.page.click("a.go >> text=Batik Akhir Tahun")
    await wati.page.wait_for_url("**/partner/links/lnk_*")
    await wati.look("partner-link")
    button = wati.page.locator(".cp .btn.p")
    await button.click()
    await wati.page.wait_for_function(
        "document.querySelector('.cp .btn.p').innerText.trim() === 'Disalin'"
    )
    assert await wati.page.inner_text("#said") == "Disalin"
    copied: str = await wati.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{wati.base}/r/")
    return copied


async def _reads_why(wati: Walker) -> None:
    await wati.open("/partner/earnings")
    await wati.look("partner-earnings")
    await wati.sees(
        "Bisa dicairkan Rp37.000", "Kemeja Jlamprang", "2 × Rp185.000", "Kenapa Anda?",
        "Dasar komisi, tanpa ongkir Rp370.000",
    )  # fmt: skip


async def _fills_in_account(wati: Walker) -> None:
    await wati.open("/partner/account")
    await wati.look("partner-account")
    await wati.page.select_option("[name=provider]", "bca")
    await wati.fill(account_number="1234564821", password="bukan ini")
    await wati.press("Simpan rekening", "**/partner/account/method")
    await wati.look("partner-account-wrong")
    assert await wati.page.input_value("[name=account_name]") == "Wati Lestari"
    await wati.fill(account_number="1234564821", password=PASSWORD)
    await wati.press("Simpan rekening", "**/partner/account?*")
    await wati.sees("••4821")


async def _pays(laras: Walker, cast: Cast) -> None:
    await User.filter(id=cast.laras.user.id).update(password_hash=await hash_password(PASSWORD))
    await laras.sign_in("batik-laras@example.com", "/merchant")
    await laras.look("merchant-home")
    await laras.open("/merchant/sales")
    await laras.look("merchant-sales")
    await laras.page.click("text=INV-1")
    await laras.page.wait_for_url("**/merchant/sales/sal_*")
    await laras.look("merchant-sale")
    await laras.open("/merchant/payouts")
    await laras.look("merchant-payouts")
    await laras.press("Susun pencairan", "**/merchant/payouts/run_*")
    await laras.sees("Rp37.000", "Wati Lestari", "BCA ••4821")
    await laras.look("merchant-run")
    await laras.press("lalu setujui", "**/approve")
    await laras.look("merchant-approve")
    await laras.fill(password="bukan ini")
    await laras.press("Setujui Rp37.000", "**/approve")
    await laras.look("merchant-approve-wrong")
    await laras.fill(password=PASSWORD)
    await laras.press("Setujui Rp37.000", "**/merchant/payouts/run_*")
    await laras.look("merchant-run-approved")
    await laras.page.locator("details.ln2 summary").first.click()
    await laras.fill(reference="TRF-77")
    await laras.press("Dibayar Rp37.000", "**/merchant/payouts/run_*")
    await laras.sees("Selesai", "Dibayar", "TRF-77")
    await laras.look("merchant-run-done")


async def _sees_it_paid(wati: Walker) -> None:
    await wati.open("/partner/earnings")
    await wati.sees("Sudah dibayar Rp37.000", "Sudah dibayar.")
    await wati.press("Pencairan", "**/partner/payouts")
    await wati.sees("Rp37.000")
    await wati.look("partner-payouts")
