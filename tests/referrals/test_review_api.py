"""Cases and signals by the API: who sees them, what the evidence says, what a decision does."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from jejaring import commands, world
from jejaring.settings import settings
from referrals.commissions.models import Commission
from referrals.review import decide, signals
from referrals.review.models import ReviewCase
from tests.cast import Cast
from tests.referrals import shop as stage
from tests.referrals.shop import Stage, percent, set_terms

CASES = "/v1/review/cases"
SIGNALS = "/v1/review/signals"


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    made = await stage.set_up(http, cast)
    await set_terms(made.campaign, percent() | {"hold_days": 0})
    return made


async def fast(s: Stage, *orders: str) -> dict[str, Any]:
    """The case of sales four seconds after their click."""
    for order_id in orders or ("INV-1",):
        click = await s.click(at=world.now() - timedelta(seconds=4))
        await s.sell(order_id, click_id=click, state="completed")
    await signals.look()
    found: dict[str, Any] = (await s.send("GET", CASES)).json()["data"][0]
    return found


async def states() -> set[str]:
    return {row.state for row in await Commission.all()}


async def test_a_stranger_and_a_partner_are_refused(s: Stage) -> None:
    case = await fast(s)
    asked = [("GET", CASES), ("GET", f"{CASES}/{case['id']}"), ("GET", SIGNALS)]
    asked += [("POST", f"{CASES}/{case['id']}/{verb}") for verb in ("dismiss", "hold", "reject")]
    for method, path in [*asked, ("PUT", SIGNALS)]:
        assert (await s.http.request(method, path)).status_code == 401, path
        body = {"reason_code": "fraud"} if method == "POST" else None
        assert (await s.send(method, path, body, s.cast.rina)).status_code == 403, path
    assert await states() == {"payable"}


async def test_the_rival_sees_and_decides_nothing(s: Stage) -> None:
    case = await fast(s)
    assert (await s.send("GET", CASES, who=s.cast.bukit)).json()["data"] == []
    path = f"{CASES}/{case['id']}"
    assert (await s.send("GET", path, who=s.cast.bukit)).status_code == 404
    for verb, body in (("dismiss", None), ("hold", {"reason_code": "fraud"})):
        reply = await s.send("POST", f"{path}/{verb}", body, s.cast.bukit)
        assert reply.status_code == 404
    assert await states() == {"payable"}


async def test_a_case_says_what_was_seen_and_whom_it_is_about(s: Stage) -> None:
    case = await fast(s, "INV-1", "INV-2")
    assert (case["signal"], case["state"], case["partner"]) == ("fast", "open", "rina")
    assert case["evidence"] == {"seconds": 4, "orders": ["INV-1", "INV-2"]}
    assert "4 detik" in case["text"]
    assert (case["count"], case["amount"]) == (2, 40_000)
    rows = {row.id for row in await Commission.all()}
    assert set(case["commissions"]) == rows
    assert (await s.send("GET", f"{CASES}/{case['id']}")).json() == case
    for query, n in (("state=open", 1), ("state=closed", 0), ("signal=flood", 0), ("limit=1", 1)):
        found = (await s.send("GET", f"{CASES}?{query}")).json()["data"]
        assert len(found) == n, query


async def test_a_case_is_held_first_then_dismissed(s: Stage) -> None:
    case = await fast(s)
    path = f"{CASES}/{case['id']}"
    assert (await s.send("POST", f"{path}/hold", {"reason_code": "mood"})).status_code == 422
    held = (await s.send("POST", f"{path}/hold", {"reason_code": "odd_orders"})).json()
    assert (held["state"], held["done"], held["left"], held["more"]) == ("open", 1, 0, False)
    assert await states() == {"held"}
    again = (await s.send("POST", f"{path}/hold", {"reason_code": "odd_orders"})).json()
    assert again["done"] == 0
    done = (await s.send("POST", f"{path}/dismiss")).json()
    assert (done["state"], done["outcome"], done["done"]) == ("closed", "released", 1)
    assert await states() == {"pending"}
    assert (await s.send("POST", f"{path}/dismiss")).status_code == 409
    assert await commands.differences(settings()) == []


async def test_a_case_is_rejected_with_a_reason(s: Stage) -> None:
    case = await fast(s)
    path = f"{CASES}/{case['id']}/reject"
    assert (await s.send("POST", path, {"reason_code": "under_review"})).status_code == 422
    done = (await s.send("POST", path, {"reason_code": "fake_order"})).json()
    assert (done["outcome"], done["amount"]) == ("rejected", 0)
    assert await states() == {"rejected"}
    assert await commands.differences(settings()) == []


async def test_cases_come_newest_first_page_by_page(s: Stage) -> None:
    now = world.now()
    for n in range(3):
        await ReviewCase.create(
            id=world.new_id("rvc"), merchant_id=s.cast.laras.id, signal="fast", subject=f"c{n}",
            evidence={"seconds": n, "orders": []}, opened_at=now - timedelta(hours=n),
        )  # fmt: skip
    first = (await s.send("GET", f"{CASES}?limit=2")).json()
    rest = (await s.send("GET", f"{CASES}?limit=2&cursor={first['next_cursor']}")).json()
    seconds = [case["evidence"]["seconds"] for case in first["data"] + rest["data"]]
    assert seconds == [0, 1, 2]
    assert rest["next_cursor"] is None


async def test_partners_in_the_evidence_are_handles(s: Stage) -> None:
    await ReviewCase.create(
        id=world.new_id("rvc"), merchant_id=s.cast.laras.id, signal="account", subject="a",
        evidence={"partners": [s.cast.rina.id, s.cast.dimas.id]}, opened_at=world.now(),
    )  # fmt: skip
    case = (await s.send("GET", CASES)).json()["data"][0]
    assert case["evidence"]["partners"] == ["rina", "dimas"]
    assert "rina" in case["text"]
    assert (case["partner"], case["count"], case["amount"]) == (None, 0, 0)


async def test_signals_are_set_one_by_one(s: Stage) -> None:
    before = (await s.send("GET", SIGNALS)).json()
    assert set(before.values()) == {"flag"}
    after = (await s.send("PUT", SIGNALS, {"fast": "hold"})).json()
    assert after == before | {"fast": "hold"}
    assert (await s.send("PUT", SIGNALS, {})).json() == after
    assert (await s.send("PUT", SIGNALS, {"fast": "reject"})).status_code == 422
    assert (await s.send("PUT", SIGNALS, {"mood": "hold"})).status_code == 422
    await fast(s)
    assert await states() == {"held"}


async def test_under_a_key_too_each_decision_stands_by_itself(
    s: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to two hundred orders would else be locked until the last of them is decided."""
    case = await fast(s, "INV-1", "INV-2")
    before, held = decide.hold, 0

    async def falls_over(*given: Any) -> Any:
        nonlocal held
        held += 1
        if held == 2:
            raise ZeroDivisionError
        return await before(*given)

    headers = {**s.cast.laras.headers, "Idempotency-Key": "once"}
    path, body = f"{CASES}/{case['id']}/hold", {"reason_code": "fraud"}
    with monkeypatch.context() as patched:
        patched.setattr(decide, "hold", falls_over)
        assert (await s.http.post(path, json=body, headers=headers)).status_code == 500
    assert await states() == {"held", "payable"}
    done = (await s.http.post(path, json=body, headers=headers)).json()
    assert (done["done"], done["left"]) == (1, 0)
    assert await states() == {"held"}
