"""The terms as pages: presets, rules in order, what is wrong where, prices, last month."""

import re

import httpx2

from campaigns.lifecycle.models import Campaign
from campaigns.terms.models import TermsDraft, TermsVersion
from tests import make
from tests.cast import Cast, sign_in
from tests.dashboards import partner_world
from tests.dashboards.terms_pages import Writer, writer


def _places(page: str, *words: str) -> list[int]:
    return [page.index(word) for word in words]


async def test_a_stranger_and_a_viewer_are_refused(http: httpx2.AsyncClient, cast: Cast) -> None:
    w = await writer(http, cast.laras)
    http.cookies.clear()
    for path in (w.at, f"{w.below}/rules", f"{w.below}/prices", f"{w.below}/trial"):
        assert "/signin" in (await http.get(path)).headers["location"]
    assert (await w.do("next")).status_code in (303, 403)
    assert await TermsDraft.all().count() == 0


async def test_the_rival_sees_and_changes_nothing(http: httpx2.AsyncClient, cast: Cast) -> None:
    w = await writer(http, cast.laras)
    w.csrf = await sign_in(http, cast.bukit)
    for path in (w.at, f"{w.below}/rules/1", f"{w.below}/prices", f"{w.below}/trial"):
        assert (await http.get(path)).status_code == 404
    assert (await w.do("preset:item")).status_code == 404
    assert (await w.rule("percent", "1", rate="50")).status_code == 404
    assert await TermsDraft.all().count() == 0


async def test_what_is_typed_is_kept_even_when_it_is_wrong(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    w = await writer(http, cast.laras)
    before = await TermsVersion.all().count()
    typed = {"rate-1": "120", "disc": "lima", "hold": "14", "coupon": "1"}
    reply = await w.do("next", **typed)
    assert reply.status_code == 422
    assert "2 isian perlu diperbaiki" in reply.text
    page = await w.page()
    for value in ('value="120"', 'value="lima"', 'value="14"'):
        assert value in page
    assert 'id="f-rate-1-e"' in page
    assert "Draf tersimpan" in page
    assert "data-live" not in page
    english = (await http.get(f"{w.at}?bahasa=en")).text
    assert "A commission of 120%" in english
    assert await TermsVersion.all().count() == before
    http.cookies.delete("jj_bahasa")
    assert (await w.do("next", **typed | {"rate-1": "12", "disc": ""})).status_code == 303
    body = await w.latest()
    assert (body["rules"][0]["pay"]["rate_bp"], body["hold_days"]) == (1200, 14)
    assert await TermsDraft.all().count() == 0
    assert (await w.do("next", **typed | {"rate-1": "12", "disc": ""})).status_code == 303
    assert await TermsVersion.all().count() == before + 1, "nothing new was said"


async def test_a_preset_replaces_the_rules_and_can_be_undone(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    w = await writer(http, cast.laras)
    await w.do("count", coupon="1", **{"rate-1": "7,5"})
    await w.do("preset:item", coupon="1", **{"rate-1": "8,5"})
    page = await w.page()
    assert 'value="10.000"' in page
    assert "Kembalikan aturan sebelumnya" in page
    assert "info_undone" in (await w.do("undo")).headers["location"]
    assert 'value="8,5"' in await w.page()
    assert "info_undone" not in (await w.do("undo")).headers["location"]
    assert (await w.do("forget")).status_code == 303
    assert 'value="10"' in await w.page()
    assert (await w.do("undo")).status_code == 303


async def test_every_kind_of_rule_is_added_with_its_fields(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    w = await writer(http, cast.laras)
    product = await make.product(cast.laras.org, category="kain")
    assert (await w.do("add")).headers["location"] == f"{w.below}/rules"
    assert "Per postingan" in (await http.get(f"{w.below}/rules")).text
    assert 'name="rate"' in (await http.get(f"{w.below}/rules/new?kind=magic")).text
    await w.rule("percent", rate="15", category="kain", role=["buzzer", "influencer"],
                 product_id=product.id, min_order="100.000", new_buyer="new", until="2199-12-31",
                 max="50.000", month="1.000.000")  # fmt: skip
    await w.rule("per_item", amount="2.000", sku="KAIN-1\r\nKAIN-2\n", min_quantity="3")
    await w.rule("per_order", amount="9.000", channel="coupon", item="direct")
    tiers = {"from-1": "0", "rate-1": "5", "from-2": "1.000.000", "rate-2": "7"}
    await w.rule("tiers", mode="whole", tier="gold", **tiers)
    await w.rule("recurring", rate="4", months="6", partner="rina")
    await w.rule("per_click", amount="50", most="5.000", role="buzzer")
    await w.rule("bonus", amount="50.000", at_sales="10")
    reply = await w.do("next", coupon="1", bond="180", share="10", all="2.000.000")
    assert reply.status_code == 303, reply.text
    body = await w.latest()
    kinds = [rule["pay"]["kind"] for rule in body["rules"]]
    assert kinds == [
        "percent", "per_item", "per_order", "tiers", "recurring", "percent", "per_click", "bonus",
    ]  # fmt: skip
    first = body["rules"][0]
    assert first["when"] == {
        "category": ["kain"], "product_id": [product.id], "role": ["buzzer", "influencer"],
        "new_buyer": True, "min_order": 100_000, "until": "2199-12-31T17:00:00Z",
    }  # fmt: skip
    assert (first["max_per_order"], first["max_per_partner_month"]) == (50_000, 1_000_000)
    assert body["rules"][1]["when"] == {"sku": ["KAIN-1", "KAIN-2"], "min_quantity": 3}
    assert body["rules"][3]["pay"]["steps"][1] == {"from": 1_000_000, "rate_bp": 700}
    assert (body["bond_days"], body["recruiter"]["rate_bp"]) == (180, 1000)
    page = await w.page()
    assert "Begini mitra membacanya" in page
    assert page.count("Contoh:") >= 8
    assert product.name in page


async def test_a_rules_mistakes_stand_at_its_fields_and_nothing_is_lost(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    w = await writer(http, cast.laras)
    falling = {"from-1": "0", "rate-1": "5", "from-2": "900", "rate-2": "6", "from-3": "800",
               "rate-3": "101", "name": "Tangga", "mode": "marginal"}  # fmt: skip
    reply = await w.rule("tiers", **falling)
    assert reply.status_code == 422
    assert "lebih besar dari harganya" in reply.text
    assert "2 isian perlu diperbaiki" in reply.text, "all at once"
    reply = await w.rule("tiers", **falling | {"rate-3": "7"})
    assert "1 isian perlu diperbaiki" in reply.text
    assert 'id="f-from-3-e"' in reply.text
    assert "di atas Rp900" in reply.text
    assert 'value="Tangga"' in reply.text
    reply = await w.rule("bonus", amount="5.000", at_sales="3", at_volume="1")
    assert "Isi satu sasaran saja" in reply.text
    assert (await w.rule("magic", "x")).status_code == 404
    assert await TermsDraft.all().count() == 0


async def test_a_rule_that_can_never_work_says_what_hides_it(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    w = await writer(http, cast.laras)
    await w.rule("percent", rate="15", category="kain", name="Kain")
    page = await w.page()
    key = re.search(r'value="down:(rul_\w+)"', page)
    assert key is not None
    assert (await w.do(f"down:{key[1]}")).headers["location"] == f"{w.at}#f-rule-{key[1]}"
    page = await w.page()
    assert "tidak akan pernah dipakai" in page
    assert "1. " in page
    assert f'href="#f-rule-{key[1]}"' in page
    reply = await w.do("next")
    assert reply.status_code == 422
    await w.do(f"up:{key[1]}")
    page = await w.page()
    assert "tidak akan pernah dipakai" not in page
    await w.do(f"drop:{key[1]}")
    assert ">1. Kain<" not in await w.page()


async def test_a_rule_is_opened_and_changed_in_its_place(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    w = await writer(http, cast.laras)
    reply = await w.do("edit:1", **{"rate-1": "11"})
    assert reply.headers["location"] == f"{w.below}/rules/1"
    page = (await http.get(reply.headers["location"])).text
    assert 'value="11"' in page
    await w.rule("percent", "1", rate="13", name="Semua", **{"from": "2026-11-24T10:30"})
    page = (await http.get(f"{w.below}/rules/1")).text
    assert 'type="datetime-local" value="2026-11-24T10:30"' in page
    assert (await w.do("edit:zz")).headers["location"] == w.at
    assert (await http.get(f"{w.below}/rules/zz")).status_code == 404


async def test_a_form_sent_twice_is_one_rule(http: httpx2.AsyncClient, cast: Cast) -> None:
    w = await writer(http, cast.laras)
    key = await w.key("bonus")
    for _ in range(2):
        await w.rule("bonus", key, amount="50.000", at_volume="1.000.000")
    assert (await w.page()).count("Bonus target bulanan") == 1


async def test_commission_on_what_is_bought_again_asks_for_the_bond(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    w = await writer(http, cast.laras)
    await w.rule("recurring", rate="4", months="6")
    page = await w.page()
    assert 'id="f-bond-e"' in page
    assert '<details class="ded" open>' in page


async def test_a_post_is_refused_until_it_can_be_paid(http: httpx2.AsyncClient, cast: Cast) -> None:
    """The form takes it as soon as the terms do."""
    w = await writer(http, cast.laras)
    assert (await w.rule("per_post", amount="25.000", role="influencer")).status_code == 303
    reply = await w.do("next", coupon="1")
    refused = reply.status_code == 422
    assert refused == ("belum bisa dihitung" in await w.page())
    assert refused or (await w.latest())["rules"][-1]["pay"]["kind"] == "per_post"


async def test_selling_prices_are_set_product_by_product(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    w = await writer(http, cast.laras)
    product = await make.product(cast.laras.org, price=150_000)
    foreign = await make.product(cast.bukit.org)
    at = f"{w.below}/prices"
    assert (await w.do("prices")).headers["location"] == at
    assert product.name in (await http.get(at)).text
    assert (await http.get(f"{at}/{foreign.id}")).status_code == 404
    sent = {"csrf": w.csrf, "base": "100.000", "floor": "140.000", "ceiling": "120.000"}
    reply = await http.post(f"{at}/{product.id}", data=sent)
    assert reply.status_code == 422
    assert 'id="f-ceiling-e"' in reply.text
    assert 'value="140.000"' in reply.text
    reply = await http.post(f"{at}/{product.id}", data=sent | {"base": "x"})
    assert 'id="f-base-e"' in reply.text
    reply = await http.post(f"{at}/{product.id}", data=sent | {"ceiling": "180.000"})
    assert reply.headers["location"].startswith(f"{at}?pesan=price_saved")
    assert "Rp140.000 sampai Rp180.000" in (await http.get(at)).text
    assert (await w.do("next", coupon="1")).status_code == 303
    assert (await w.latest())["selling_prices"] == [
        {"product_id": product.id, "base": 100_000, "floor": 140_000, "ceiling": 180_000}
    ]
    page = (await http.get(f"{at}/{product.id}")).text
    assert "Hapus harga jual ini" in page
    await http.post(f"{at}/{product.id}", data=sent | {"do": "drop"})
    assert "Rp140.000 sampai" not in (await http.get(at)).text
    await Campaign.filter(id=w.row.id).update(whole_shop=False)


async def test_a_campaigns_own_products_are_offered(http: httpx2.AsyncClient, cast: Cast) -> None:
    own = await make.product(cast.laras.org, name="Kain Sogan", category="kain")
    other = await make.product(cast.laras.org, name="Kopi Gayo", category="kopi")
    w = await writer(http, cast.laras)
    draft = f"/merchant/campaigns/{w.row.id}/draft/products"
    chosen = {"csrf": w.csrf, "name": "K", "scope": "some", "product": own.id}
    await http.post(draft, data=chosen)
    page = (await http.get(f"{w.below}/rules/new?kind=percent")).text
    assert own.id in page
    assert other.id not in page
    assert (await http.get(f"{w.below}/prices")).text.count("/prices/prd_") == 1
    await w.rule("percent", rate="5", product_id=other.id)
    key = re.search(r'value="edit:(rul_\w+)"', await w.page())
    assert key is not None
    assert "Kopi Gayo" in (await http.get(f"{w.below}/rules/{key[1]}")).text, "named already"


async def test_new_terms_stand_beside_the_old(http: httpx2.AsyncClient, cast: Cast) -> None:
    w = await writer(http, cast.laras, live=True)
    await w.do("count", coupon="1", start="day", day="2020-01-01", **{"rate-1": "15"})
    page = await w.page()
    assert "komisi 10%" in page
    assert "komisi 15%" in page
    assert 'value="2020-01-01"' in page
    reply = await w.do("issue", coupon="1", start="day", day="2020-01-01")
    assert reply.status_code == 422
    assert 'id="f-day-e"' in reply.text
    assert (await w.do("issue", coupon="1", start="day", day="")).status_code == 422
    assert await TermsVersion.filter(campaign_id=w.row.id).count() == 1
    reply = await w.do("issue", coupon="1", start="now")
    assert "terms_issued" in reply.headers["location"]
    assert "versi 2" in (await http.get(reply.headers["location"])).text
    assert (await w.latest())["rules"][0]["pay"]["rate_bp"] == 1500
    reply = await w.do("issue", coupon="1", start="day", day="2199-01-01")
    assert "terms_issued" in reply.headers["location"]
    assert "berlaku mulai" in (await http.get(f"/merchant/campaigns/{w.row.id}")).text
    at = f"/merchant/campaigns/{w.row.id}/draft/terms"
    assert (await http.get(at)).headers["location"] == f"/merchant/campaigns/{w.row.id}"
    assert (await http.post(at, data={"csrf": w.csrf})).status_code == 303
    await Campaign.filter(id=w.row.id).update(state="ended")
    assert (await http.get(w.at)).status_code == 409


async def test_a_draft_says_that_another_version_came_between(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    w = await writer(http, cast.laras, live=True)
    await w.do("count", coupon="1", **{"rate-1": "15"})
    rule = {"name": "Semua", "pay": {"kind": "percent", "rate_bp": 500}}
    sent = await http.post(
        f"/v1/campaigns/{w.row.id}/terms", json={"rules": [rule]}, headers=cast.laras.headers
    )
    assert sent.status_code == 201
    page = await w.page()
    assert "versi 2 sudah diumumkan" in page
    assert 'value="15"' in page
    await w.do("forget")
    assert 'value="5"' in await w.page()


async def test_terms_of_events_alone_have_no_order_to_show(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    w = await writer(http, cast.laras)
    await w.rule("per_click", amount="100", most="10.000")
    await w.do("drop:1")
    page = await w.page()
    assert "Pembeli membayar" not in page
    assert (await w.do("next", coupon="1")).status_code == 303
    assert (await http.get(w.at.replace("terms", "review"))).status_code == 200
    key = re.search(r'value="drop:(\w+)"', await w.page())
    assert key is not None
    await w.do(f"drop:{key[1]}")
    assert "Belum ada aturan" in await w.page()
    assert (await w.do("next")).status_code == 422


async def test_last_month_is_shown_under_both_terms_partner_by_partner(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    world = await partner_world.build(http, cast)
    w = Writer(http, await sign_in(http, cast.laras), world.stage.campaign)
    await w.do("preset:percent")
    first = (await http.get(f"{w.below}/rules/1")).text
    assert first
    assert (
        (await w.do("trial", coupon="1", **{"rate-1": "20"}))
        .headers["location"]
        .endswith("/terms/trial")
    )
    page = (await http.get(f"{w.below}/trial")).text
    assert "Rina Wulandari" in page
    assert "Komisi naik" in page
    assert await TermsVersion.filter(campaign_id=w.row.id).count() == 1
    await w.do("count", **{"rate-1": "x"})
    assert "perlu diperbaiki dulu" in (await http.get(f"{w.below}/trial")).text
    empty = await writer(http, cast.bukit)
    assert "Belum ada penjualan" in (await http.get(f"{empty.below}/trial")).text


async def test_terms_that_leave_the_shop_nothing_say_so(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    w = await writer(http, cast.laras)
    warning = "toko tidak menerima apa pun"
    await w.do("count", disc="100")
    page = await w.page()
    assert warning in page
    assert "satu barang" not in page, "nothing is sold for nothing"
    await w.do("count", disc="5")
    assert warning not in await w.page()
    await w.do("preset:item")
    key = re.search(r'value="edit:(\w+)"', await w.page())
    assert key is not None
    await w.do("count", **{f"amount-{key[1]}": "2.000.000"})
    assert warning in await w.page()


async def test_nothing_is_launched_beside_terms_that_were_only_typed(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    w = await writer(http, cast.laras)
    review = w.at.replace("terms", "review")
    words = "sudah diketik tetapi belum dipakai"
    assert words not in (await http.get(review)).text
    for rate in ("15", "x"):
        await w.do("count", coupon="1", **{"rate-1": rate})
        assert words in (await http.get(review)).text
        reply = await http.post(review, data={"csrf": w.csrf})
        assert reply.status_code == 409
        assert words in reply.text
    assert (await Campaign.get(id=w.row.id)).state == "draft"
    await w.do("forget")
    assert words not in (await http.get(review)).text
    await w.do("count", coupon="1", **{"rate-1": "15"})
    await w.do("next", coupon="1")
    reply = await http.post(review, data={"csrf": w.csrf})
    assert "pesan=launched" in reply.headers["location"]
    assert (await w.latest())["rules"][0]["pay"]["rate_bp"] == 1500
