"""The review on pages: the queue, decisions with reasons, appeals from both sides, the operator."""

from datetime import timedelta

import httpx2
import pytest_asyncio

from jejaring import world
from jejaring.payouts.models import PayableItem, Payout
from referrals.commissions.models import Commission
from referrals.review import signals
from referrals.review.models import Appeal, ReviewCase, SignalRule
from tests.cast import Cast, sign_in
from tests.dashboards import partner_world
from tests.referrals import shop
from tests.referrals.shop import Stage, percent, set_terms

QUEUE = "/merchant/review"


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    made = await shop.set_up(http, cast)
    await set_terms(made.campaign, percent() | {"hold_days": 0})
    return made


async def odd(s: Stage, order_id: str = "INV-1") -> str:
    """A flagged sale; its commission's id."""
    click = await s.click(at=world.now() - timedelta(seconds=4))
    sale = await s.sell(order_id, click_id=click, state="completed")
    await signals.look()
    return str(sale["commissions"][0]["id"])


async def test_a_stranger_signs_in_first(http: httpx2.AsyncClient, cast: Cast) -> None:
    for path in (QUEUE, "/operator/review", "/partner/commissions/com_1/appeal"):
        reply = await http.get(path)
        assert (reply.status_code, reply.headers["location"][:7]) == (303, "/signin")


async def test_the_rival_sees_nothing(s: Stage) -> None:
    com = await odd(s)
    await sign_in(s.http, s.cast.bukit)
    assert "INV-1" not in (await s.http.get(QUEUE)).text
    assert (await s.http.get(f"{QUEUE}/commissions/{com}")).status_code == 404
    await sign_in(s.http, s.cast.dimas)
    assert (await s.http.get(f"/partner/commissions/{com}/appeal")).status_code == 404


async def test_a_case_shows_its_evidence_and_is_released(s: Stage) -> None:
    await odd(s)
    csrf = await sign_in(s.http, s.cast.laras)
    home = (await s.http.get("/merchant")).text
    page = (await s.http.get(QUEUE)).text
    assert "1 hal perlu ditinjau" in home or "/merchant/products/new" in home
    for fact in ("Dibeli beberapa detik setelah klik", "Rina Wulandari", "INV-1", "4 detik",
                 "Rp20.000"):  # fmt: skip
        assert fact in page, fact
    case = await ReviewCase.get()
    sent = {"csrf": csrf, "outcome": "released"}
    reply = await s.http.post(f"{QUEUE}/cases/{case.id}", data=sent)
    assert "case_released" in reply.headers["location"]
    assert "Tidak ada yang janggal" in (await s.http.get(QUEUE)).text
    again = await s.http.post(f"{QUEUE}/cases/{case.id}", data=sent)
    assert again.status_code == 409
    assert "sudah ditutup" in again.text


async def test_a_case_is_rejected_with_a_reason_that_the_partner_reads_and_appeals(
    s: Stage,
) -> None:
    com = await odd(s)
    csrf = await sign_in(s.http, s.cast.laras)
    case = await ReviewCase.get()
    sent = {"csrf": csrf, "outcome": "rejected"}
    reply = await s.http.post(f"{QUEUE}/cases/{case.id}", data=sent | {"reason_code": "mood"})
    assert reply.status_code == 422
    reply = await s.http.post(f"{QUEUE}/cases/{case.id}", data=sent | {"reason_code": "fake_order"})
    assert "case_rejected" in reply.headers["location"]
    partner = await sign_in(s.http, s.cast.rina)
    earnings = (await s.http.get("/partner/earnings")).text
    assert "tidak ada pembeli yang sungguh memesan" in earnings
    assert "Ditolak toko</td><td>−Rp20.000" in earnings
    assert "Yang tersisa</th><td>Rp0" in earnings
    path = f"/partner/commissions/{com}/appeal"
    assert path in earnings
    form = (await s.http.get(path)).text
    assert "Kirim keberatan" in form
    assert "tidak ada pembeli yang sungguh memesan" in form, "the same words on both pages"
    empty = await s.http.post(path, data={"csrf": partner, "text": " "})
    assert empty.status_code == 422
    words = "Pembelinya tetangga saya"
    reply = await s.http.post(path, data={"csrf": partner, "text": words})
    assert "appeal_sent" in reply.headers["location"]
    again = await s.http.post(path, data={"csrf": partner, "text": "Sekali lagi"})
    assert again.status_code == 409
    assert "Menunggu jawaban toko" in (await s.http.get(path)).text
    csrf = await sign_in(s.http, s.cast.laras)
    queue = (await s.http.get(QUEUE)).text
    assert words in queue, "what waits is what is shown first"
    assert "Keberatan 1" in queue
    assert "Tidak ada yang janggal" in (await s.http.get(f"{QUEUE}?show=cases")).text
    made = await Appeal.get()
    sent = {"csrf": csrf, "outcome": "lost", "reason": ""}
    reply = await s.http.post(f"{QUEUE}/appeals/{made.id}", data=sent)
    assert reply.status_code == 422
    assert 'aria-invalid="true"' in reply.text
    assert words in reply.text, "the answer stands beside what it answers"
    reply = await s.http.post(f"{QUEUE}/appeals/{made.id}", data=sent | {"outcome": "won"})
    assert reply.headers["location"] == f"{QUEUE}?show=appeals&pesan=appeal_won"
    assert (await Commission.get(id=com)).state == "pending"


async def test_one_commission_is_held_released_and_rejected(s: Stage) -> None:
    com = await odd(s)
    csrf = await sign_in(s.http, s.cast.laras)
    path = f"{QUEUE}/commissions/{com}"
    sale = (await Commission.get(id=com)).sale_id
    assert path in (await s.http.get(f"/merchant/sales/{sale}")).text
    assert "Tahan" in (await s.http.get(path)).text
    wrong = await s.http.post(path, data={"csrf": csrf, "step": "hold", "reason_code": "mood"})
    assert wrong.status_code == 422
    for step, reason, state in (
        ("hold", "complaint", "held"), ("unhold", "", "pending"), ("reject", "not_paid", "rejected")
    ):  # fmt: skip
        sent = {"csrf": csrf, "step": step, "reason_code": reason}
        reply = await s.http.post(path, data=sent)
        assert reply.status_code == 303
        assert (await Commission.get(id=com)).state == state
        listed = "INV-1" in (await s.http.get(f"{QUEUE}?show=held")).text
        assert listed == (state == "held")
    late = await s.http.post(path, data={"csrf": csrf, "step": "unhold"})
    assert late.status_code == 409
    assert (await s.http.post(path, data={"csrf": csrf, "step": "x"})).status_code == 404


async def test_what_is_in_a_payout_says_why_nothing_can_be_decided(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    made = await partner_world.build(http, cast)
    item = await PayableItem.filter(payout_id=made.payout_id).first()
    assert item is not None
    csrf = await sign_in(http, cast.laras)
    path = f"{QUEUE}/commissions/{item.source_id}"
    page = (await http.get(path)).text
    assert "Sudah dibayar, jadi tidak bisa ditahan atau ditolak lagi" in page
    assert 'name="step"' not in page
    sent = {"csrf": csrf, "step": "reject", "reason_code": "not_paid"}
    assert (await http.post(path, data=sent)).status_code == 409
    assert (await Commission.get(id=item.source_id)).state == "payable"
    await Payout.filter(id=made.payout_id).update(state="sending")
    assert "Sudah masuk pencairan" in (await http.get(path)).text


async def test_the_shop_says_which_signals_hold(s: Stage) -> None:
    csrf = await sign_in(s.http, s.cast.laras)
    path = f"{QUEUE}/signals"
    assert "checked" not in (await s.http.get(path)).text
    await s.http.post(path, data={"csrf": csrf, "fast": "hold"})
    assert "checked" in (await s.http.get(path)).text
    assert [one.signal for one in await SignalRule.filter(does="hold")] == ["fast"]
    com = await odd(s)
    assert (await Commission.get(id=com)).state == "held"


async def test_the_queue_has_a_second_page(s: Stage) -> None:
    for number in range(22):
        await ReviewCase.create(
            id=world.new_id("rvc"), merchant_id=s.cast.laras.id, signal="flood",
            subject=f"s{number}", evidence={"n": number + 200, "visitors": 1},
            opened_at=world.now() + timedelta(seconds=number),
        )  # fmt: skip
    await sign_in(s.http, s.cast.laras)
    page = (await s.http.get(QUEUE)).text
    assert "200 klik" in page
    assert "220 klik" not in page
    following = page.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    second = (await s.http.get(following.replace("&amp;", "&"))).text
    assert "220 klik" in second
    assert "200 klik" not in second


async def test_the_operator_reads_all_shops(s: Stage) -> None:
    await odd(s)
    await sign_in(s.http, s.cast.sari)
    page = (await s.http.get("/operator/review")).text
    for fact in ("Batik Laras", "Rina Wulandari", "4 detik", "Rp20.000"):
        assert fact in page, fact
    assert '<form method="post" action="/merchant' not in page


async def test_a_case_is_held_from_its_page(s: Stage) -> None:
    await odd(s)
    case = await ReviewCase.get()
    csrf = await sign_in(s.http, s.cast.laras)
    path = f"{QUEUE}/cases/{case.id}"
    sent = {"csrf": csrf, "outcome": "held", "reason_code": "odd_orders"}
    reply = await s.http.post(path, data=sent)
    assert "1 komisi ditahan" in (await s.http.get(reply.headers["location"])).text
    assert (await ReviewCase.get()).closed_at is None
    assert (await s.http.post(path, data=sent | {"reason_code": "mood"})).status_code == 422
