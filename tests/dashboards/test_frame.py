"""The frame around every page: places, messages, languages, weight."""

import gzip

import httpx2
import pytest
from starlette.datastructures import FormData
from starlette.requests import Request

from dashboards.frame import forms
from jejaring import main
from jejaring.kit.errors import BadField, Conflict, Invalid
from jejaring.web import assets, language, render
from tests import make
from tests.cast import Cast, sign_in


def weight(content: bytes) -> int:
    return len(gzip.compress(content, 9))


def test_stylesheet_and_script_stay_light() -> None:
    assert weight(assets._file("app.css")[0]) <= 10_000
    assert weight(assets._file("app.js")[0]) <= 3_000


@pytest.mark.parametrize("path", ["/menu", "/switch"])
async def test_a_stranger_is_sent_to_sign_in(http: httpx2.AsyncClient, path: str) -> None:
    reply = await http.get(path)
    assert reply.status_code == 303
    assert reply.headers["location"] == f"/signin?next={path}"


async def test_the_menu_names_places_language_and_the_way_out(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await sign_in(http, cast.laras)
    page = (await http.get("/menu")).text
    assert "Batik Laras" in page
    assert 'action="/signout"' in page
    assert "bahasa=en" in page


async def test_a_wrong_path_keeps_the_frame_around_its_answer(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    assert (await http.get("/merchant/nothing/here")).status_code == 303
    await sign_in(http, cast.laras)
    reply = await http.get("/merchant/nothing/here")
    assert reply.status_code == 404
    assert "Ke beranda" in reply.text
    assert (await http.get("/partner/nothing")).status_code == 404


async def test_one_cannot_switch_to_the_rival(http: httpx2.AsyncClient, cast: Cast) -> None:
    token = await sign_in(http, cast.laras)
    sent = {"csrf": token, "organisation": cast.bukit.id}
    assert (await http.post("/switch", data=sent)).status_code == 404


async def test_one_switches_to_ones_other_organisation(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await make.membership(cast.laras.user, cast.rina.org)
    token = await sign_in(http, cast.laras)
    assert "Rina Wulandari" in (await http.get("/switch")).text
    reply = await http.post("/switch", data={"csrf": token, "organisation": cast.rina.id})
    assert reply.headers["location"].startswith("/partner?pesan=switched")
    assert "Rina Wulandari" in (await http.get("/menu")).text


async def test_a_form_without_its_token_changes_nothing(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    await sign_in(http, cast.laras)
    reply = await http.post("/switch", data={"organisation": cast.laras.id})
    assert reply.status_code == 403
    assert "Tidak ada yang berubah" in reply.text


async def test_a_known_message_is_shown_and_its_values_are_escaped(
    http: httpx2.AsyncClient,
) -> None:
    page = (await http.get("/", params={"pesan": "no_shop", "q": "<b>x</b>"})).text
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert 'role="alert"' in page


@pytest.mark.parametrize("code", ["nothing", "problem.fault", "../x", ""])
async def test_an_unknown_message_is_not_shown(http: httpx2.AsyncClient, code: str) -> None:
    page = (await http.get("/", params={"pesan": code})).text
    assert 'class="flash' not in page


async def test_a_message_with_forged_values_is_not_shown(http: httpx2.AsyncClient) -> None:
    catalogue = language.catalogue("id")
    assert isinstance(catalogue, dict)
    catalogue["flash.test_amount"] = "Jumlah {amount:rp}"
    try:
        shown = await http.get("/", params={"pesan": "test_amount", "amount": "1500"})
        forged = await http.get("/", params={"pesan": "test_amount", "amount": "lots"})
    finally:
        del catalogue["flash.test_amount"]
    assert "Jumlah Rp1.500" in shown.text
    assert forged.status_code == 200
    assert "Jumlah" not in forged.text


async def test_the_chosen_language_is_kept(http: httpx2.AsyncClient) -> None:
    first = await http.get("/signin?bahasa=en")
    assert '<html lang="en">' in first.text
    assert "Sign in" in (await http.get("/signin")).text


def test_wrong_fields_are_worded_by_name(app: object) -> None:
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": [],
                       "query_string": b""})  # fmt: skip
    bad = Invalid(fields=[BadField("/shop/name", "field.missing"), BadField("/price", "x.y")])
    found = forms.words(request, bad, {"/shop/name": "shop_name"})
    assert found["shop_name"] == "Isian ini wajib."
    assert set(found) == {"shop_name", "price"}
    assert list(forms.words(request, Conflict("still_running"))) == [""]


def test_a_form_is_read_field_by_field_and_refused_at_once(app: object) -> None:
    request = Request({"type": "http", "method": "POST", "path": "/", "headers": []})
    request.state.form = FormData(
        {"name": " Laras ", "price": "Rp150.000", "n": "1.200", "rate": "12,5", "day": "24/11/2026",
         "bad": "dua", "empty": ""}
    )  # fmt: skip
    reader = forms.Reader(request)
    assert reader.text("name") == "Laras"
    assert (reader.rupiah("price"), reader.number("n"), reader.rate("rate")) == (
        150_000,
        1200,
        1250,
    )
    assert str(reader.day("day")) == "2026-11-24"
    assert reader.rupiah("empty", required=False) is None
    reader.done()
    for read in (reader.rupiah, reader.number, reader.rate, reader.day, reader.text):
        read("bad")
        read("absent")
    with pytest.raises(Invalid) as refused:
        reader.done()
    codes = [bad.code for bad in refused.value.fields]
    assert codes.count("field.missing") == 5
    assert {"form.rupiah", "form.number", "form.rate", "form.day"} < set(codes)


def test_every_part_of_the_kit_renders(app: object) -> None:
    env = render._state["env"]
    ui = env.globals["ui"]
    shown = [
        ui.money(-18_000), ui.chip("paid"), ui.chip("pending", "Sampai 30 Nov"), ui.tag("x"),
        ui.flash("x"), ui.avatar("Rina W"), ui.pita({"pending": 1, "earned": 1, "written_off": 2,
                                                     "repaid": 3}),
        ui.kpi([("a", 1, "b", "pos"), ("c", 2, "")]), ui.row("/", "t", "s", 5, icon="home"),
        ui.row("/", "t", image="/x.png"), ui.todo("t", "s", "/", "x", name="Rina"),
        ui.fld("a", "A", errors={"a": "salah"}, hint="h", before="Rp"), ui.fld("b", "B", None,
                                                                               textarea=True),
        ui.choose("a", "A", [("x", "X")], "x", {"a": "salah"}, hint="h", optional=True),
        ui.radios("a", "A", [("x", "X", "d")], "x", {"a": "salah"}),
        ui.checks("a", "A", [("x", "X")], ["x"], {"a": "salah"}), ui.wrong({"": "salah"}),
        ui.wrong({"a": "salah"}, {"a": "A"}), ui.stepper(["a", "b"], 2), ui.calc([("a", 1)],
                                                                                 ("b", 2)),
        ui.empty("bill", "t", "x", "/", "y"), ui.pager("abc", "def"), ui.tabs([("/", "x", True)]),
        ui.send("/x", "y", {"a": 1}, label="z"), ui.mini(40, "x"),
        ui.copyable("https://x", "a", "b"),
        ui.share("https://x/y", "teks & <b>", "z"), ui.qr("/a", "/b", "c", "/d"),
        ui.steps([("a", "b", True)]), ui.back("/", "x"), ui.bar("x", "note"),
    ]  # fmt: skip
    text = "".join(map(str, shown))
    assert "style=" not in text
    assert "<b>" in text
    assert "teks &amp; &lt;b&gt;" in text


async def test_every_asset_is_kept_for_a_year(http: httpx2.AsyncClient) -> None:
    for name in ("app.css", "app.js", "mark.svg"):
        reply = await http.get(assets.url(name))
        assert "immutable" in reply.headers["cache-control"]


def test_no_place_leads_to_nothing() -> None:
    paths = {page.path for page in main.PAGES if page.method == "GET"}
    places = render._state["env"].globals["places"]
    for side in ("merchant", "partner", "operator"):
        assert {p.path for p in places(side, "owner")} <= paths
