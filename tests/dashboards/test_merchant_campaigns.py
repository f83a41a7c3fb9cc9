"""Products, the wizard from nothing to a launched campaign, a campaign steered."""

import httpx2

from campaigns.catalog.models import Product
from campaigns.lifecycle.models import Campaign
from jejaring.identity.models import Invitation
from tests import make
from tests.cast import Cast, sign_in


async def test_a_product_is_added_changed_and_archived(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    csrf = await sign_in(http, cast.laras)
    new = "/merchant/products/new"
    reply = await http.post(new, data={"csrf": csrf, "name": "Kain Truntum", "price": "x"})
    assert reply.status_code == 422
    assert 'value="Kain Truntum"' in reply.text
    assert 'aria-invalid="true"' in reply.text
    sent = {"csrf": csrf, "name": "Kain Truntum", "price": "Rp 475.000", "category": "kain"}
    assert "product_saved" in (await http.post(new, data=sent)).headers["location"]
    row = await Product.get(merchant_id=cast.laras.id)
    assert (row.price, row.sku) == (475_000, "KAIN-TRUNTUM")
    assert (await http.post(new, data=sent)).status_code == 422  # the sku is taken
    path = f"/merchant/products/{row.id}"
    assert 'value="475.000"' in (await http.get(path)).text
    reply = await http.post(path, data=sent | {"price": "500000", "website": "https://evil.id"})
    assert "evil.id" in reply.text
    assert reply.status_code == 422
    await http.post(path, data=sent | {"price": "500000"})
    await http.post(f"{path}/archive", data={"csrf": csrf, "away": "1"})
    await row.refresh_from_db()
    assert row.price == 500_000
    assert row.archived_at is not None
    assert "Kain Truntum" in (await http.get("/merchant/products?archived=1")).text


async def test_a_campaign_goes_from_nothing_to_launched(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    product = await make.product(cast.laras.org, price=285_000)
    csrf = await sign_in(http, cast.laras)
    new = "/merchant/campaigns/new"
    reply = await http.post(new, data={"csrf": csrf, "name": "", "scope": "some"})
    assert reply.status_code == 422
    assert "2 isian perlu" in reply.text
    sent = {"csrf": csrf, "name": "Akhir Tahun", "scope": "some", "product": product.id}
    at = (await http.post(new, data=sent)).headers["location"]
    row = await Campaign.get(merchant_id=cast.laras.id)
    draft = f"/merchant/campaigns/{row.id}/draft"
    assert at == f"{draft}/terms"
    form = {"csrf": csrf, "coupon": "1"}
    assert (await http.post(at, data=form | {"do": "preset:code"})).headers["location"] == at
    page = (await http.get(at)).text
    assert "Rp32.490" in page  # 12 % of 285.000 less 5 %
    assert "Rp238.260" in page
    reply = await http.post(at, data=form | {"do": "next", "rate-1": "120"})
    assert reply.status_code == 422
    assert "lebih besar dari harganya" in reply.text
    assert 'value="120"' in reply.text
    reply = await http.post(at, data=form | {"do": "next", "rate-1": "12"})
    assert reply.headers["location"] == f"{draft}/partners"
    who = {"csrf": csrf, "audience": "reseller", "joining": "approval", "questions": "Di mana?"}
    assert (await http.post(f"{draft}/partners", data=who | {"audience": ""})).status_code == 422
    assert (await http.post(f"{draft}/partners", data=who)).status_code == 303
    budget = {"csrf": csrf, "budget": "5.000.000", "starts": "", "ends": "2020-01-01"}
    assert (await http.post(f"{draft}/budget", data=budget)).status_code == 422
    budget["ends"] = "2199-12-31"
    assert (await http.post(f"{draft}/budget", data=budget)).headers["location"].endswith("review")
    review = (await http.get(f"{draft}/review")).text
    assert "Rp5.000.000" in review
    assert "31 Des 2199" in review
    reply = await http.post(f"{draft}/review", data={"csrf": csrf})
    assert "pesan=launched" in reply.headers["location"]
    await row.refresh_from_db()
    assert (row.state, row.audience, row.questions) == ("live", ["reseller"], ["Di mana?"])
    for step in ("products", "terms", "partners", "budget", "review"):
        reply = await http.get(f"{draft}/{step}")
        assert reply.headers["location"] == f"/merchant/campaigns/{row.id}"


async def test_a_shop_without_the_operators_word_is_told_so(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    shop = await make.organisation(vouched_at=None)
    owner = await make.user()
    await make.membership(owner, shop)
    row = await make.campaign(shop, state="draft", launched_at=None)
    csrf = await sign_in(http, type(cast.laras)(shop, owner, ""))
    reply = await http.post(f"/merchant/campaigns/{row.id}/draft/review", data={"csrf": csrf})
    assert reply.status_code == 409
    assert "/merchant/settings/sites" in reply.text


async def test_a_campaign_is_paused_resumed_and_ended(http: httpx2.AsyncClient, cast: Cast) -> None:
    row = await make.campaign(cast.laras.org, budget=1_000_000)
    csrf = await sign_in(http, cast.laras)
    path = f"/merchant/campaigns/{row.id}"
    for step, state in (("pause", "paused"), ("resume", "live"), ("end", "ended")):
        await http.post(f"{path}/step", data={"csrf": csrf, "step": step})
        await row.refresh_from_db()
        assert row.state == state
    reply = await http.post(f"{path}/step", data={"csrf": csrf, "step": "pause"})
    assert reply.status_code == 409
    assert "sudah berakhir" in reply.text


async def test_the_budget_only_grows(http: httpx2.AsyncClient, cast: Cast) -> None:
    row = await make.campaign(cast.laras.org, budget=1_000_000)
    csrf = await sign_in(http, cast.laras)
    path = f"/merchant/campaigns/{row.id}"
    sent = {"csrf": csrf, "name": "Baru", "budget": "500.000", "ends": ""}
    reply = await http.post(path, data=sent)
    assert reply.status_code == 409
    assert 'value="500.000"' in reply.text
    await http.post(path, data=sent | {"budget": "2.000.000"})
    await row.refresh_from_db()
    assert (row.name, row.budget) == ("Baru", 2_000_000)


async def test_an_invitation_is_shown_once(http: httpx2.AsyncClient, cast: Cast) -> None:
    row = await make.campaign(cast.laras.org, joining="invite")
    csrf = await sign_in(http, cast.laras)
    reply = await http.post(
        f"/merchant/campaigns/{row.id}/invite", data={"csrf": csrf, "memo": "Bu Tutik"}
    )
    assert f"/join/{row.id}?code=" in reply.text
    assert reply.headers["cache-control"] == "no-store"
    assert (await Invitation.get(campaign_id=row.id)).note == "Bu Tutik"
    assert "?code=" not in (await http.get(f"/merchant/campaigns/{row.id}")).text


async def test_a_drafts_products_are_changed_and_kept(http: httpx2.AsyncClient, cast: Cast) -> None:
    product = await make.product(cast.laras.org)
    row = await make.campaign(cast.laras.org, state="draft", launched_at=None)
    csrf = await sign_in(http, cast.laras)
    path = f"/merchant/campaigns/{row.id}/draft/products"
    foreign = await make.product(cast.bukit.org)
    sent = {"csrf": csrf, "name": "Nama baru", "scope": "some", "product": foreign.id}
    reply = await http.post(path, data=sent)
    assert reply.status_code == 422
    assert 'value="Nama baru"' in reply.text
    await http.post(path, data=sent | {"product": product.id})
    await row.refresh_from_db()
    assert (row.name, row.whole_shop) == ("Nama baru", False)
    page = (await http.get(path)).text
    assert f'value="{product.id}" checked' in page
    for step in ("terms", "review"):
        assert product.name in (await http.get(path.replace("products", step))).text


async def test_a_launched_campaign_is_out_of_the_wizards_reach(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    row = await make.campaign(cast.laras.org)
    csrf = await sign_in(http, cast.laras)
    for step in ("products", "terms", "partners", "budget", "review"):
        path = f"/merchant/campaigns/{row.id}/draft/{step}"
        reply = await http.post(path, data={"csrf": csrf, "name": "X"})
        assert reply.headers["location"] == f"/merchant/campaigns/{row.id}"
    await row.refresh_from_db()
    assert row.name == "Batik Akhir Tahun"
