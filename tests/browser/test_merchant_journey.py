"""A shop from its first product to a campaign that partners can join, with nothing but a phone."""

from jejaring.identity.hashing import hash_password
from jejaring.identity.models import User
from tests.browser.conftest import Enter
from tests.browser.walk import PASSWORD, Site, Walker
from tests.cast import Cast


async def test_a_merchant_launches_a_campaign_in_five_steps(
    site: Site, enter: Enter, cast: Cast
) -> None:
    await User.filter(id=cast.laras.user.id).update(password_hash=await hash_password(PASSWORD))
    laras = await enter()
    await laras.sign_in("batik-laras@example.com", "/merchant")
    await laras.sees("Tiga langkah", "Tambah produk", "Buat kampanye", "Undang mitra")
    await laras.look("merchant-first")
    await _add_product(laras)
    await _five_steps(laras)
    join = await laras.page.get_attribute("[data-copy*='/join/']", "data-copy")
    assert join is not None
    assert join.startswith(f"{site.base}/join/cmp_")
    await laras.open(join)
    await laras.sees("Batik Akhir Tahun", "komisi 10% dari harga barang", "Rp18.500")


async def _add_product(laras: Walker) -> None:
    await laras.press("Tambah produk", "**/merchant/products/new*")
    await laras.look("merchant-product-new")
    await laras.fill(name="Kemeja Jlamprang", price="185.000")
    await laras.press("Simpan produk", "**/merchant?*")
    await laras.sees("Selesai: 1 produk", "Buat kampanye")
    await laras.look("merchant-second")


async def _five_steps(laras: Walker) -> None:
    await laras.press("Buat kampanye", "**/merchant/campaigns/new")
    await laras.look("wizard-1")
    await laras.fill(name="Batik Akhir Tahun")
    await laras.press("Lanjut", "**/campaigns/new")
    await laras.sees("isian perlu diperbaiki")
    await laras.look("wizard-1-wrong")
    assert await laras.page.input_value("[name=name]") == "Batik Akhir Tahun"
    await laras.page.check("[name=product]")
    await laras.press("Lanjut", "**/draft/terms")
    await laras.look("wizard-2")
    await laras.fill(**{"rate-1": "12,5"})
    assert await laras.page.inner_text(".bar [data-o=com]") == "Rp23.125"
    await laras.fill(**{"rate-1": "10"})
    await laras.press("Lanjut", "**/draft/partners")
    await laras.look("wizard-3")
    await laras.page.check("[name=joining][value=open]")
    await laras.press("Lanjut", "**/draft/budget")
    await laras.look("wizard-4")
    await laras.fill(budget="5.000.000")
    await laras.press("Lanjut", "**/draft/review")
    await laras.sees("Batik Akhir Tahun", "Kemeja Jlamprang", "Rp5.000.000", "langsung ikut")
    await laras.look("wizard-5")
    await laras.press("Luncurkan", "**/merchant/campaigns/cmp_*")
    await laras.sees("Berjalan", "Undang mitra")
    await laras.look("campaign-live")
