"""Where a partner is paid: first at once, changes wait, numbers stay sealed."""

import asyncio
from datetime import timedelta

import httpx2
import pytest

from jejaring import world
from jejaring.db import sql
from jejaring.trail.models import AuditEntry
from tests.cast import Cast, call

METHOD = {
    "kind": "bank",
    "provider": "bca",
    "account_number": "123-456-7890",
    "account_name": "Rina Wulandari",
}
OTHER = METHOD | {"account_number": "9998887776"}


async def test_a_stranger_is_refused(http: httpx2.AsyncClient) -> None:
    assert (await http.put("/v1/payout-method", json=METHOD)).status_code == 401
    assert (await http.get("/v1/payout-method")).status_code == 401


async def test_another_partner_sees_nothing_of_it(http: httpx2.AsyncClient, cast: Cast) -> None:
    await call(http, cast.rina, "PUT", "/v1/payout-method", METHOD)
    reply = await call(http, cast.dimas, "GET", "/v1/payout-method")
    assert reply.status_code == 404
    assert reply.json()["code"] == "no_method"
    assert (await call(http, cast.laras, "GET", "/v1/payout-method")).status_code == 403


async def test_the_first_method_counts_at_once(http: httpx2.AsyncClient, cast: Cast) -> None:
    reply = await call(http, cast.rina, "PUT", "/v1/payout-method", METHOD)
    assert reply.status_code == 200
    body = reply.json()
    assert (body["last4"], body["state"], body["current"]) == ("7890", "active", None)
    assert body["warnings"] == []
    assert (await call(http, cast.rina, "GET", "/v1/payout-method")).json() == body


async def test_a_change_waits_and_then_counts(http: httpx2.AsyncClient, cast: Cast) -> None:
    await call(http, cast.rina, "PUT", "/v1/payout-method", METHOD)
    body = (await call(http, cast.rina, "PUT", "/v1/payout-method", OTHER)).json()
    assert (body["last4"], body["state"], body["current"]["last4"]) == ("7776", "waiting", "7890")
    with world.at(world.now() + timedelta(hours=49)):
        body = (await call(http, cast.rina, "GET", "/v1/payout-method")).json()
    assert (body["last4"], body["state"], body["current"]) == ("7776", "active", None)


async def test_the_same_number_again_changes_nothing(http: httpx2.AsyncClient, cast: Cast) -> None:
    first = (await call(http, cast.rina, "PUT", "/v1/payout-method", METHOD)).json()
    again = METHOD | {"account_number": "1234567890"}
    assert (await call(http, cast.rina, "PUT", "/v1/payout-method", again)).json() == first
    waiting = (await call(http, cast.rina, "PUT", "/v1/payout-method", OTHER)).json()
    assert (await call(http, cast.rina, "PUT", "/v1/payout-method", OTHER)).json() == waiting


async def test_a_corrected_name_needs_no_wait(http: httpx2.AsyncClient, cast: Cast) -> None:
    await call(http, cast.rina, "PUT", "/v1/payout-method", METHOD)
    named = METHOD | {"account_name": "Rina W"}
    body = (await call(http, cast.rina, "PUT", "/v1/payout-method", named)).json()
    assert (body["account_name"], body["state"]) == ("Rina W", "active")


async def test_a_waiting_change_is_taken_back(http: httpx2.AsyncClient, cast: Cast) -> None:
    first = (await call(http, cast.rina, "PUT", "/v1/payout-method", METHOD)).json()
    await call(http, cast.rina, "PUT", "/v1/payout-method", OTHER)
    reply = await call(http, cast.rina, "POST", "/v1/payout-method/cancel")
    assert (reply.status_code, reply.json()) == (200, first)
    reply = await call(http, cast.rina, "POST", "/v1/payout-method/cancel")
    assert (reply.status_code, reply.json()["code"]) == (409, "no_change_waits")


async def test_going_back_to_the_old_number_takes_the_change_back(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    first = (await call(http, cast.rina, "PUT", "/v1/payout-method", METHOD)).json()
    await call(http, cast.rina, "PUT", "/v1/payout-method", OTHER)
    assert (await call(http, cast.rina, "PUT", "/v1/payout-method", METHOD)).json() == first


async def test_a_second_change_starts_its_own_wait(http: httpx2.AsyncClient, cast: Cast) -> None:
    await call(http, cast.rina, "PUT", "/v1/payout-method", METHOD)
    await call(http, cast.rina, "PUT", "/v1/payout-method", OTHER)
    third = METHOD | {"account_number": "5554443332"}
    with world.at(world.now() + timedelta(hours=40)):
        await call(http, cast.rina, "PUT", "/v1/payout-method", third)
    with world.at(world.now() + timedelta(hours=60)):
        body = (await call(http, cast.rina, "GET", "/v1/payout-method")).json()
    assert (body["last4"], body["state"], body["current"]["last4"]) == ("3332", "waiting", "7890")


async def test_two_first_methods_at_once_make_one_first(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    replies = await asyncio.gather(
        call(http, cast.rina, "PUT", "/v1/payout-method", METHOD),
        call(http, cast.rina, "PUT", "/v1/payout-method", OTHER),
    )
    assert sorted(reply.json()["state"] for reply in replies) == ["active", "waiting"]


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"provider": "bank-lain"}, ["/provider"]),
        ({"kind": "ewallet"}, ["/provider"]),
        ({"account_number": "12x"}, ["/account_number"]),
        ({"kind": "ewallet", "provider": "dana", "account_number": "1"}, ["/account_number"]),
        ({"kind": "cash", "account_name": " "}, ["/kind", "/account_name"]),
        ({"account_number": 1234567890}, ["/account_number"]),
    ],
)
async def test_what_cannot_be_paid_to_is_refused(
    http: httpx2.AsyncClient, cast: Cast, change: dict[str, object], pointers: list[str]
) -> None:
    reply = await call(http, cast.rina, "PUT", "/v1/payout-method", METHOD | change)
    assert reply.status_code == 422
    assert [error["pointer"] for error in reply.json()["errors"]] == pointers


async def test_an_unusual_length_warns_and_is_kept(http: httpx2.AsyncClient, cast: Cast) -> None:
    short = METHOD | {"account_number": "123456789"}
    body = (await call(http, cast.rina, "PUT", "/v1/payout-method", short)).json()
    assert [warning["code"] for warning in body["warnings"]] == ["unusual_length"]
    assert body["warnings"][0]["text"] != "warning.unusual_length"


async def test_a_wallet_is_a_phone_number(http: httpx2.AsyncClient, cast: Cast) -> None:
    wallet = METHOD | {"kind": "ewallet", "provider": "dana", "account_number": "+62812 3456 7890"}
    body = (await call(http, cast.rina, "PUT", "/v1/payout-method", wallet)).json()
    assert (body["kind"], body["last4"]) == ("ewallet", "7890")


async def test_the_number_is_nowhere_in_the_clear(http: httpx2.AsyncClient, cast: Cast) -> None:
    await call(http, cast.rina, "PUT", "/v1/payout-method", METHOD)
    await call(http, cast.rina, "PUT", "/v1/payout-method", OTHER)
    rows = await sql.rows("SELECT * FROM payout_method")
    rows += await sql.rows("SELECT * FROM audit_entry") + await sql.rows("SELECT * FROM event")
    assert "1234567890" not in str(rows)
    assert "9998887776" not in str(rows)
    acts = await AuditEntry.filter(organisation_id=cast.rina.id).order_by("id")
    assert [act.action for act in acts] == ["method.set", "method.changed"]
