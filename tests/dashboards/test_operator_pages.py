"""The operator's pages: nobody else sees them, they show no buyer and no account, each act is on
the trail.
"""

import httpx2
import pytest

from campaigns.catalog.models import Site
from dashboards.operator import check, jobs
from dashboards.operator.pages import PAGES
from jejaring import main, world
from jejaring.identity.models import Organisation
from jejaring.jobs import worker
from jejaring.jobs.models import Beat, Job
from jejaring.payouts.models import Payout
from jejaring.trail.models import AuditEntry
from tests import make
from tests.cast import Cast, Member, sign_in
from tests.dashboards.shop_pages import filled, ids, paths
from tests.dashboards.well import INDONESIAN, well_made

SHOWN, ACTS = paths(PAGES, "GET"), paths(PAGES, "POST")


async def test_a_stranger_is_sent_to_sign_in(http: httpx2.AsyncClient, cast: Cast) -> None:
    for path in SHOWN:
        assert (await http.get(path)).headers["location"].startswith("/signin?"), path
    for path in ACTS:
        assert (await http.post(path, data={})).headers["location"].startswith("/signin"), path


async def test_shops_and_partners_find_nothing(http: httpx2.AsyncClient, cast: Cast) -> None:
    for who in (cast.laras, cast.rina):
        token = await sign_in(http, who)
        for path in SHOWN:
            assert (await http.get(path)).status_code == 404, path
        for path in ACTS:
            assert (await http.post(path, data={"csrf": token})).status_code == 404, path


@pytest.mark.parametrize("lang", ["id", "en"])
async def test_every_page_stands_without_buyers_or_accounts(
    http: httpx2.AsyncClient, cast: Cast, lang: str
) -> None:
    names = await ids(http, cast)
    await worker.beat()
    await sign_in(http, cast.sari)
    for path in SHOWN:
        reply = await http.get(filled(path, names), params={"bahasa": lang})
        assert reply.status_code == 200, path
        well_made(reply)
        assert "4821" not in reply.text
        assert "INV-" not in reply.text
        if lang == "en":
            text = reply.text.replace("Bahasa Indonesia", "").replace("Untuk yang diundang", "")
            assert INDONESIAN.findall(text) == [], path


async def test_the_summary_shows_alerts_and_figures(http: httpx2.AsyncClient, cast: Cast) -> None:
    await ids(http, cast)
    await sign_in(http, cast.sari)
    page = (await http.get("/operator")).text
    assert "Proses latar tidak jalan" in page
    assert "Batik Laras" in page
    await worker.beat()
    await Job.create(topic="x", run_at=world.now(), created_at=world.now(), dead_at=world.now())
    page = (await http.get("/operator")).text
    assert "tidak berdetak" not in page
    assert "1 pekerjaan gagal" in page


async def test_shops_are_invited_vouched_for_and_suspended(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    shop = await make.organisation(name="Sambal Bu Darmi", vouched_at=None)
    csrf = await sign_in(http, cast.sari)
    assert "Sambal" in (await http.get("/operator/shops?unvouched=1")).text
    assert "Sambal" not in (await http.get("/operator/shops?q=batik")).text
    page = (await http.post("/operator/shops", data={"csrf": csrf, "memo": "Toko Tutik"})).text
    assert "/signup?as=shop&amp;code=" in page
    path = f"/operator/shops/{shop.id}"
    for step in ("vouch", "suspend", "unsuspend"):
        await http.post(path, data={"csrf": csrf, "step": step})
    row = await Organisation.get(id=shop.id)
    assert row.vouched_by == cast.sari.user.id
    assert row.suspended_at is None
    acts = await AuditEntry.filter(subject=shop.id).order_by("at", "id").values_list("action")
    assert [a for (a,) in acts] == [
        "organisation.vouched", "organisation.suspended", "organisation.unsuspended",
    ]  # fmt: skip
    assert (await http.get(f"/operator/shops/{cast.rina.id}")).status_code == 404
    assert (await http.get(f"/operator/partners/{shop.id}")).status_code == 404


async def test_a_site_is_verified_by_hand(http: httpx2.AsyncClient, cast: Cast) -> None:
    site = await make.site(cast.laras.org, "toko.id", verified_at=None, verified_by=None)
    csrf = await sign_in(http, cast.sari)
    assert "toko.id" in (await http.get("/operator/shops")).text
    path = f"/operator/sites/{site.id}/verify"
    await make.site(cast.bukit.org, "toko.id")
    assert (await http.post(path, data={"csrf": csrf})).status_code == 409
    await Site.filter(merchant_id=cast.bukit.id).delete()
    assert (await http.post(path, data={"csrf": csrf})).status_code == 303
    assert (await Site.get(id=site.id)).verified_by == cast.sari.user.id
    assert (await http.post("/operator/sites/x/verify", data={"csrf": csrf})).status_code == 404


async def test_a_partner_is_helped_and_suspended(http: httpx2.AsyncClient, cast: Cast) -> None:
    csrf = await sign_in(http, cast.sari)
    assert "Rina" in (await http.get("/operator/partners?q=rin")).text
    path = f"/operator/partners/{cast.rina.id}"
    sent = {"csrf": csrf, "user": cast.rina.user.id}
    assert "/reset/" in (await http.post(f"{path}/reset", data=sent)).text
    shop = f"/operator/shops/{cast.laras.id}/reset"
    assert (await http.post(shop, data=sent)).status_code == 404
    assert "/reset/" in (await http.post(shop, data=sent | {"user": cast.laras.user.id})).text
    assert (await http.post(f"{path}/reset", data={"csrf": csrf, "user": "x"})).status_code == 404
    await http.post(path, data={"csrf": csrf, "step": "suspend"})
    assert "Dibekukan" in (await http.get(path)).text


async def test_the_books_are_checked_on_request(http: httpx2.AsyncClient, cast: Cast) -> None:
    await ids(http, cast)
    csrf = await sign_in(http, cast.sari)
    assert "Belum pernah diperiksa" in (await http.get("/operator/books")).text
    for _ in range(2):
        await http.post("/operator/books/check", data={"csrf": csrf})
    assert await Job.filter(topic=check.TOPIC).count() == 1
    page = (await http.get("/operator/books")).text
    assert 'http-equiv="refresh"' in page
    assert "<progress" in page
    await worker.drain(main.HANDLERS)
    page = (await http.get("/operator/books")).text
    assert "http-equiv" not in page
    assert "catatan. Diperiksa" in page


async def test_a_difference_is_named(http: httpx2.AsyncClient, cast: Cast) -> None:
    async def audit() -> list[object]:
        return ["ledger: something is off " + "x" * 400, "another"]

    await jobs.handlers([audit])[check.TOPIC]({})
    found = await check.last()
    assert found.found == 2
    assert found.first.startswith("ledger: something is off")
    await sign_in(http, cast.sari)
    assert "2 selisih" in (await http.get("/operator/books")).text
    await Beat.filter(name=check.RESULT).update(note="broken")
    assert (await check.last()).found == 1
    await check.nightly()
    await check.nightly()
    assert await Job.filter(topic=check.TOPIC).count() == 1


async def test_a_dead_job_is_tried_again(http: httpx2.AsyncClient, cast: Cast) -> None:
    now = world.now()
    job = await Job.create(
        topic="campaign.end", run_at=now, created_at=now, dead_at=now, attempts=12, last_error="Uh"
    )
    csrf = await sign_in(http, cast.sari)
    assert "campaign.end" in (await http.get("/operator/system")).text
    path = f"/operator/jobs/{job.id}/retry"
    assert (await http.post(path, data={"csrf": csrf})).status_code == 303
    await job.refresh_from_db()
    assert (job.dead_at, job.attempts) == (None, 0)
    assert (await http.post(path, data={"csrf": csrf})).status_code == 404
    assert (await http.post("/operator/jobs/x/retry", data={"csrf": csrf})).status_code == 404
    page = (await http.get("/operator/trail?family=job.")).text
    assert "Pekerjaan dicoba lagi" in page
    assert "Sari Handayani" in page


async def test_open_payouts_go_on_over_pages(
    http: httpx2.AsyncClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = await ids(http, cast)
    path = f"/v1/payout-runs/{names['run_id']}/approve"
    assert (await http.post(path, headers=cast.laras.headers)).status_code == 200
    first = await Payout.get(state="approved")
    values = {
        n: getattr(first, n) for n in first._meta.db_fields if n not in ("id", "bank_reference")
    }
    await Payout.create(**values, id=world.new_id("pay"), bank_reference="JJ-SECOND")
    monkeypatch.setattr("dashboards.operator.money.PAGE", 1)
    await sign_in(http, cast.sari)
    page = (await http.get("/operator/payouts")).text
    assert "Rp40.000" in page
    assert first.bank_reference in page
    assert "JJ-SECOND" not in page
    again = page.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    page = (await http.get(again)).text
    assert "JJ-SECOND" in page
    assert first.bank_reference not in page


async def test_an_installation_without_shops_says_what_to_do(http: httpx2.AsyncClient) -> None:
    operator = await make.organisation("operator")
    person = await make.user()
    await make.membership(person, operator)
    await sign_in(http, Member(operator, person, ""))
    for path in ("", "/shops", "/partners", "/payouts"):
        assert 'class="empty"' in (await http.get(f"/operator{path}")).text, path
