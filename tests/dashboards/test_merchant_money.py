"""Payouts on pages: prepared, approved with the password, changed, filed, settled; the books."""

import httpx2
import pytest

from jejaring.identity import hashing
from jejaring.identity.models import ApiKey, Organisation, User
from jejaring.payouts.models import Payout, PayoutRun
from tests import make
from tests.cast import Cast, Member, sign_in
from tests.dashboards import partner_world
from tests.dashboards.partner_world import World

PASSWORD = "kalimat pendek yang mudah"


async def start(http: httpx2.AsyncClient, cast: Cast) -> tuple[World, str, str]:
    world = await partner_world.build(http, cast)
    hashed = await hashing.hash_password(PASSWORD)
    await User.filter(id=cast.laras.user.id).update(password_hash=hashed)
    csrf = await sign_in(http, cast.laras)
    reply = await http.post("/merchant/payouts", data={"csrf": csrf})
    return world, csrf, reply.headers["location"].split("?")[0]


async def test_a_run_is_approved_filed_and_settled(http: httpx2.AsyncClient, cast: Cast) -> None:
    _, csrf, path = await start(http, cast)
    assert "Rp40.000" in (await http.get("/merchant/payouts")).text
    page = (await http.get(path)).text
    assert "••4821" in page
    assert "1234564821" not in page
    assert "Setujui Rp40.000" in (await http.get(f"{path}/approve")).text
    wrong = await http.post(f"{path}/approve", data={"csrf": csrf, "password": "nope"})
    assert wrong.status_code == 422
    assert "tidak cocok" in wrong.text
    assert await Payout.filter(state="approved").count() == 0
    reply = await http.post(f"{path}/approve", data={"csrf": csrf, "password": PASSWORD})
    assert "run_approved" in reply.headers["location"]
    assert (await http.get(f"{path}/approve")).status_code == 303
    for shape in ("bca", "csv"):
        file = await http.post(f"{path}/file", data={"csrf": csrf, "format": shape})
        assert "attachment" in file.headers["content-disposition"]
        assert file.headers["cache-control"] == "no-store"
    assert (await http.post(f"{path}/file", data={"csrf": csrf})).status_code == 404
    payout = await Payout.get(state="sending")
    sent = {"csrf": csrf, "payout": payout.id, "outcome": "paid", "reference": "TRX-9"}
    reply = await http.post(f"{path}/settle", data=sent)
    assert "payout_paid" in reply.headers["location"]
    assert "TRX-9" in (await http.get(path)).text
    failed = await http.post(f"{path}/cancel", data={"csrf": csrf})
    assert failed.status_code == 409
    back = await http.post(f"{path}/settle", data=sent | {"outcome": "returned"})
    assert "wait_returned" in back.headers["location"]
    assert "Dikembalikan bank" in (await http.get(path)).text
    assert (await http.post(f"{path}/settle", data=sent)).status_code == 409
    none = await http.post(f"{path}/settle", data=sent | {"payout": "pay_x"})
    assert none.status_code == 404


async def test_a_changed_run_is_made_anew_with_what_differs(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    world, csrf, path = await start(http, cast)
    found = (await world.stage.send("GET", "/v1/sales?order_id=INV-MID")).json()["data"][0]
    refund = {"refund_id": "R", "reason": "retur", "amount": 100_000}
    await world.stage.send("POST", f"/v1/sales/{found['id']}/refunds", refund)
    reply = await http.post(f"{path}/approve", data={"csrf": csrf, "password": PASSWORD})
    assert "no_run_changed" in reply.headers["location"]
    page = (await http.get(reply.headers["location"])).text
    assert "Rp40.000 → Rp30.000" in page
    assert (await PayoutRun.get(id=path.rsplit("/", 1)[1])).state == "cancelled"


async def test_above_the_limit_a_second_person_is_needed(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    _, csrf, path = await start(http, cast)
    await Organisation.filter(id=cast.laras.id).update(payout_limit=10_000)
    assert "orang kedua" in (await http.get(path)).text
    reply = await http.post(f"{path}/approve", data={"csrf": csrf, "password": PASSWORD})
    assert reply.status_code == 409
    key = await ApiKey.filter(organisation_id=cast.laras.id).first()
    assert key is not None
    await PayoutRun.filter(id=path.rsplit("/", 1)[1]).update(created_by=key.id)
    assert "Lanjut menyetujui" in (await http.get(path)).text, "a key that nobody made"
    await ApiKey.filter(id=key.id).update(created_by=cast.laras.user.id)
    assert "Lanjut menyetujui" not in (await http.get(path)).text, "a key acts for its maker"
    assert "orang kedua" in (await http.get(f"{path}/approve")).text


async def test_who_asks_to_write_off_waits_for_somebody_else(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    world = await partner_world.build(http, cast)
    found = (await world.stage.send("GET", "/v1/sales?order_id=INV-OLD")).json()["data"][0]
    refund = {"refund_id": "R", "reason": "retur", "amount": 300_000}
    await world.stage.send("POST", f"/v1/sales/{found['id']}/refunds", refund)
    await Organisation.filter(id=cast.laras.id).update(payout_limit=9_999)
    csrf = await sign_in(http, cast.laras)
    path = f"/merchant/partners/{cast.rina.id}"
    sent = {"kind": "write_off", "amount": "20.000", "reason": "salah kirim", "reference": "W"}
    reply = await http.post(f"{path}/owed", data=sent | {"csrf": csrf})
    assert "pesan=owed_waiting" in reply.headers["location"]
    page = (await http.get(path)).text
    assert "Menunggu persetujuan orang lain" in page
    assert "Setujui penghapusan" not in page
    other = await make.user()
    await make.membership(other, cast.laras.org, "owner")
    csrf = await sign_in(http, Member(cast.laras.org, other, ""))
    assert "Setujui penghapusan" in (await http.get(path)).text
    reply = await http.post(f"{path}/owed", data=sent | {"csrf": csrf})
    assert "pesan=owed_write_off" in reply.headers["location"]


async def test_a_preview_is_dropped(http: httpx2.AsyncClient, cast: Cast) -> None:
    _, csrf, path = await start(http, cast)
    reply = await http.post(f"{path}/cancel", data={"csrf": csrf})
    assert "info_run_cancelled" in reply.headers["location"]


async def test_who_is_left_out_is_named(http: httpx2.AsyncClient, cast: Cast) -> None:
    await partner_world.build(http, cast)
    await Organisation.filter(id=cast.laras.id).update(payout_minimum=50_000)
    csrf = await sign_in(http, cast.laras)
    path = (await http.post("/merchant/payouts", data={"csrf": csrf})).headers["location"]
    page = (await http.get(path)).text
    assert "Di bawah minimum" in page
    assert "Rina Wulandari" in page
    assert "/approve" not in page
    await http.get(path.split("?")[0] + "?dari=run_none")


async def test_the_books_balance_and_go_on(
    http: httpx2.AsyncClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    await partner_world.build(http, cast)
    monkeypatch.setattr("dashboards.merchant.money.books.PAGE", 2)
    await sign_in(http, cast.laras)
    page = (await http.get("/merchant/books")).text
    assert "Seimbang" in page
    assert "−Rp120.000" in page
    again = page.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    assert (await http.get(again)).status_code == 200
    assert (await http.get("/merchant/books?cursor=x")).status_code == 422
