"""A shop writes terms with rules of several kinds on a phone without script, and announces them."""

from jejaring.identity.hashing import hash_password
from jejaring.identity.models import User
from tests import make
from tests.browser.conftest import Enter
from tests.browser.walk import PASSWORD, Site, Walker
from tests.cast import Cast


async def test_terms_of_many_rules_are_written_without_script(
    site: Site, enter: Enter, cast: Cast
) -> None:
    await User.filter(id=cast.laras.user.id).update(password_hash=await hash_password(PASSWORD))
    await make.product(cast.laras.org, name="Kain Sogan", category="kain", price=250_000)
    row = await make.campaign(cast.laras.org)
    laras = await enter(script=False)
    await laras.sign_in("batik-laras@example.com", "/merchant")
    await laras.open(f"/merchant/campaigns/{row.id}/terms")
    await laras.look("terms-new")
    await laras.press("diskon pembeli 5%", "**/terms")
    await laras.sees("komisi Anda Rp28.500", "komisi 12% dari harga barang")
    await _adds(laras)
    await _mends_the_order(laras)
    await _prices(laras)
    await laras.press("Coba bulan lalu", "**/terms/trial")
    await laras.look("terms-trial-empty")
    await laras.press("Kembali", "**/terms")
    await laras.press("Umumkan versi 2", f"**/merchant/campaigns/{row.id}?*")
    await laras.sees("Kain saja", "bonus Rp50.000", "Kain Sogan: reseller boleh menjual")
    await laras.look("terms-announced")


async def _adds(laras: Walker) -> None:
    await laras.press("Tambah aturan", "**/terms/rules")
    await laras.look("terms-kinds")
    async with laras.page.expect_navigation():
        await laras.page.click("a.go >> text=Bertingkat")
    await laras.look("terms-tiers")
    await laras.fill(**{"from-2": "1.000.000", "rate-1": "5", "rate-2": "140", "name": "Kain saja"})
    await laras.page.check("[name=category]")
    await laras.press("Simpan aturan", "**/terms/rules/rul_*")
    await laras.sees("lebih besar dari harganya")
    await laras.look("terms-tiers-wrong")
    assert await laras.page.input_value("[name='from-2']") == "1.000.000"
    await laras.fill(**{"rate-2": "14"})
    await laras.press("Simpan aturan", "**/terms?*")
    await laras.sees("1. Kain saja", "2. Semua produk", "14% di atas Rp1.000.000")
    await laras.press("Tambah aturan", "**/terms/rules")
    async with laras.page.expect_navigation():
        await laras.page.click("a.go >> text=Bonus target")
    await laras.look("terms-bonus")
    await laras.fill(amount="50.000", at_sales="10")
    await laras.press("Simpan aturan", "**/terms?*")
    await laras.look("terms-three-rules")


async def _mends_the_order(laras: Walker) -> None:
    await laras.press("↓", "**/terms#f-rule-rul_*")
    await laras.sees("tidak akan pernah dipakai", "1. Semua produk")
    await laras.look("terms-hidden")
    await laras.page.locator("[aria-label='Naikkan aturan 2']").click()
    await laras.sees("1. Kain saja")


async def _prices(laras: Walker) -> None:
    await laras.page.click("summary >> text=Aturan lanjutan")
    await laras.press("Atur harga jual", "**/terms/prices")
    await laras.look("terms-prices")
    async with laras.page.expect_navigation():
        await laras.page.click("a.go >> text=Kain Sogan")
    await laras.fill(base="200.000", floor="300.000", ceiling="280.000")
    await laras.press("Simpan harga", "**/terms/prices/prd_*")
    await laras.look("terms-price-wrong")
    await laras.fill(ceiling="320.000")
    await laras.press("Simpan harga", "**/terms/prices?*")
    await laras.sees("jual Rp300.000 sampai Rp320.000")
    await laras.press("Kembali", "**/terms")
