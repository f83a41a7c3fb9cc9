"""Whom terms name: each is there, kept by handle, and the nearest is offered where one is not."""

from typing import Any

import httpx2
import pytest

from campaigns.lifecycle.models import Campaign
from tests import make
from tests.cast import Cast, Member, call, sign_in

PAY = {"kind": "percent", "rate_bp": 1000}


def terms(*partners: str) -> dict[str, Any]:
    own = {"name": "Khusus", "when": {"partner": list(partners)}, "pay": PAY}
    return {"rules": [own, {"name": "Semua", "pay": PAY}]}


def draft(*partners: str) -> dict[str, Any]:
    return {"name": "K", "product_ids": [], "audience": ["reseller"], "joining": "open",
            "terms": terms(*partners)}  # fmt: skip


async def wrong(
    http: httpx2.AsyncClient, who: Member, method: str, path: str, body: object
) -> list[dict[str, str]]:
    reply = await call(http, who, method, path, body)
    assert reply.status_code == 422, reply.text
    found: list[dict[str, str]] = reply.json()["errors"]
    return found


@pytest.mark.parametrize("word", ["rina", "@Rina", "id"])
async def test_a_partner_is_named_by_handle_or_id_and_kept_by_handle(
    http: httpx2.AsyncClient, cast: Cast, word: str
) -> None:
    named = cast.rina.id if word == "id" else word
    reply = await call(http, cast.laras, "POST", "/v1/campaigns", draft(named, "rina"))
    assert reply.status_code == 201, reply.text
    assert reply.json()["terms"]["rules"][0]["when"] == {"partner": ["rina"]}
    path = f"/v1/campaigns/{reply.json()['id']}"
    reply = await call(http, cast.laras, "PATCH", path, {"terms": terms("dimas", named)})
    assert reply.json()["terms"]["rules"][0]["when"] == {"partner": ["dimas", "rina"]}
    reply = await call(http, cast.laras, "PATCH", path, {"name": "Lain"})
    assert reply.json()["terms"]["rules"][0]["when"] == {"partner": ["dimas", "rina"]}
    reply = await call(http, cast.laras, "POST", f"{path}/terms", terms(named))
    assert reply.json()["rules"][0]["when"] == {"partner": ["rina"]}


async def test_a_partner_who_is_not_there_is_refused_everywhere(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    row = await make.campaign(cast.laras.org)
    await make.enrolment(row, cast.rina.org)
    path = f"/v1/campaigns/{row.id}"
    at = "/rules/0/when/partner/1"
    bad = terms("rina", "rinna")
    assert [e["pointer"] for e in await wrong(http, cast.laras, "POST", f"{path}/terms", bad)] == [
        at
    ]
    found = await wrong(http, cast.laras, "POST", f"{path}/terms/simulate", bad)
    assert found[0]["pointer"] == at
    assert found[0]["detail"] == "Tidak ada mitra dengan nama rinna. Maksud Anda rina?"
    found = await wrong(
        http, cast.laras, "POST", "/v1/campaigns", draft("rinna", "zzz", "koperasi")
    )
    assert [e["pointer"] for e in found] == [f"/terms/rules/0/when/partner/{i}" for i in range(3)]
    assert found[1]["detail"] == "Tidak ada mitra dengan nama zzz."
    assert await Campaign.all().count() == 1
    draft_id = (await call(http, cast.laras, "POST", "/v1/campaigns", draft("rina"))).json()["id"]
    changed = {"terms": terms("rinna")}
    found = await wrong(http, cast.laras, "PATCH", f"/v1/campaigns/{draft_id}", changed)
    assert found[0]["pointer"] == "/terms/rules/0/when/partner/0"


async def test_no_other_shops_partner_is_offered(http: httpx2.AsyncClient, cast: Cast) -> None:
    await make.enrolment(await make.campaign(cast.laras.org), cast.rina.org)
    found = await wrong(http, cast.bukit, "POST", "/v1/campaigns", draft("rinna"))
    assert "rina?" not in found[0]["detail"]


async def test_the_form_says_it_at_the_field_and_of_strangers_on_the_card(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    row = await make.campaign(cast.laras.org, state="draft", launched_at=None)
    await make.enrolment(await make.campaign(cast.laras.org), cast.rina.org)
    csrf = await sign_in(http, cast.laras)
    at = f"/merchant/campaigns/{row.id}/terms/rules/rul_1"
    sent = {"csrf": csrf, "kind": "percent", "rate": "15"}
    reply = await http.post(at, data=sent | {"partner": "rinna\r\nzzz"})
    assert reply.status_code == 422
    assert "Tidak ada mitra dengan nama zzz." in reply.text, "each of them at once"
    assert "Maksud Anda rina?" in reply.text
    assert 'id="f-partner-e"' in reply.text
    assert ">rinna\nzzz</textarea>" in reply.text
    reply = await http.post(at, data=sent | {"partner": "@Rina\r\ndimas"})
    assert reply.status_code == 303
    page = (await http.get(f"/merchant/campaigns/{row.id}/draft/terms")).text
    assert "Belum bergabung di toko Anda: dimas." in page
    assert "1. rina, dimas<" in page, "called after whom it is for"
    assert ">rina\ndimas</textarea>" in (await http.get(at)).text
