"""Signals: what is flagged with which evidence, what is not, and who holds by them."""

from datetime import timedelta

import httpx2
import pytest
import pytest_asyncio

from jejaring import commands, world
from jejaring.kit.errors import Conflict, Invalid, NotFound
from jejaring.kit.periods import day_of, day_start
from jejaring.settings import settings
from referrals.commissions.models import Commission
from referrals.months import click_fee
from referrals.review import cases, queries, rules, signals
from referrals.review.models import CasePart, ReviewCase
from tests import make
from tests.cast import Cast, Member
from tests.money import with_method
from tests.referrals import shop as stage
from tests.referrals.shop import Stage, percent, set_terms


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    made = await stage.set_up(http, cast)
    await set_terms(made.campaign, percent() | {"hold_days": 0})
    return made


async def found() -> list[tuple[str, int]]:
    """Open cases by signal with how many commissions they are about, after a look (and another,
    which finds nothing new).
    """
    await signals.look()
    assert await signals.look() == 0
    return [
        (case.signal, await CasePart.filter(case_id=case.id).count())
        for case in await ReviewCase.filter(closed_at=None).order_by("signal")
    ]


async def fast(s: Stage, order_id: str = "INV-1") -> str:
    """A sale four seconds after its click; its commission's id."""
    click = await s.click(at=world.now() - timedelta(seconds=4))
    sale = await s.sell(order_id, click_id=click, state="completed")
    return str(sale["commissions"][0]["id"])


async def test_an_ordinary_sale_is_not_odd(s: Stage) -> None:
    await s.sell(click_id=await s.click(), buyer={"phone": "0812-3456-7890", "email": None})
    assert await found() == []


async def test_bought_within_seconds_of_the_click_is_one_case_a_day_and_holds_nothing(
    s: Stage,
) -> None:
    await fast(s, "INV-1")
    await fast(s, "INV-2")
    assert await found() == [("fast", 2)]
    case = await ReviewCase.get()
    assert case.evidence == {"seconds": 4, "orders": ["INV-1", "INV-2"]}
    assert case.partner_id == s.cast.rina.id
    assert await Commission.filter(state="held").count() == 0
    assert await commands.differences(settings()) == []


async def test_where_the_merchant_says_so_the_signal_holds(s: Stage) -> None:
    await cases.set_rules(s.cast.laras.id, {"fast": "hold"}, "usr_1")
    assert (await queries.does(s.cast.laras.id))["fast"] == "hold"
    com = await fast(s)
    assert await found() == [("fast", 1)]
    row = await Commission.get(id=com)
    assert (row.state, row.reason_code) == ("held", "odd_orders")
    assert await commands.differences(settings()) == []
    case = await ReviewCase.get()
    closed = await cases.close(s.cast.laras.id, case.id, "released", None, "usr_1")
    assert closed == cases.Closed(1, 0, False)
    assert (await Commission.get(id=com)).state == "pending"
    assert await found() == []  # what a person released is not held again
    with pytest.raises(Conflict):
        await cases.close(s.cast.laras.id, case.id, "released", None, "usr_1")
    assert await commands.differences(settings()) == []


async def test_a_rejected_case_rejects_its_commissions_and_opens_again_for_new_ones(
    s: Stage,
) -> None:
    com = await fast(s)
    await found()
    case = await ReviewCase.get()
    with pytest.raises(Invalid):
        await cases.close(s.cast.laras.id, case.id, "rejected", "mood", "usr_1")
    with pytest.raises(NotFound):
        await cases.close(s.cast.bukit.id, case.id, "rejected", "fake_order", "usr_1")
    await cases.close(s.cast.laras.id, case.id, "rejected", "fake_order", "usr_1")
    assert (await Commission.get(id=com)).state == "rejected"
    assert await found() == []
    await fast(s, "INV-2")
    assert await found() == [("fast", 2)]
    assert await commands.differences(settings()) == []


async def test_one_buyers_many_orders_are_flagged_from_the_fifth_on(s: Stage) -> None:
    buyer = {"phone": "0812-3456-7890", "email": "a@example.com"}
    for number in range(rules.BUYER_ORDERS - 1):
        await s.sell(f"INV-{number}", click_id=await s.click(), buyer=buyer)
    assert await found() == []
    await s.sell("INV-X", click_id=await s.click(), buyer=buyer)
    assert await found() == [("buyer", 1)]
    assert (await ReviewCase.get()).evidence["n"] == rules.BUYER_ORDERS


async def test_a_code_used_by_many_buyers_within_an_hour_is_flagged(s: Stage) -> None:
    await make.coupon(s.rina, "RINA10")
    for number in range(rules.COUPON_BUYERS):
        buyer = {"phone": f"0812-3456-78{number:02}", "email": None}
        code = ("RINA10", "rina10", "rina 10")[number % 3]
        await s.sell(f"INV-{number}", coupon=code, buyer=buyer)
    assert [signal for signal, _ in await found()] == ["coupon"]
    case = await ReviewCase.get()
    assert (case.evidence["n"], case.evidence["code"]) == (rules.COUPON_BUYERS, "RINA10")


async def test_one_account_under_two_partners_of_a_shop_is_flagged(s: Stage) -> None:
    await s.join(s.cast.dimas)
    await _with_account(s.cast.rina, s)
    await _with_account(s.cast.dimas, s)
    assert await found() == []  # nothing is at stake yet
    await s.sell(click_id=await s.click(), state="completed")
    assert await found() == [("account", 1)]
    case = await ReviewCase.get()
    assert case.evidence["partners"] == sorted([s.cast.rina.id, s.cast.dimas.id])


async def _with_account(who: Member, s: Stage) -> None:
    body = {
        "kind": "bank",
        "provider": "bca",
        "account_number": "1234564821",
        "account_name": "Rina",
    }
    reply = await s.send("PUT", "/v1/payout-method", body, who)
    assert reply.status_code == 200, reply.text


async def test_two_accounts_are_two_accounts(s: Stage) -> None:
    await s.join(s.cast.dimas)
    await with_method(s.cast.rina)
    await _with_account(s.cast.dimas, s)
    await s.sell(click_id=await s.click(), state="completed")
    assert await found() == []


async def test_a_browser_that_the_partner_signed_in_with_before_is_flagged(s: Stage) -> None:
    await s.click(own=True, visitor="the-same-browser")
    click = await s.click(visitor="the-same-browser")
    await s.sell(click_id=click, state="completed")
    assert [signal for signal, _ in await found()] == ["own_browser"]


async def test_a_flood_of_clicks_is_flagged_once_a_day(s: Stage) -> None:
    await s.sell(click_id=await s.click(), state="completed")
    assert await signals.look_at_clicks() == 0
    for _ in range(rules.FLOOD_CLICKS):
        await s.click(at=world.now(), visitor=None)
    assert await signals.look_at_clicks() == 1
    assert await signals.look_at_clicks() == 0
    case = await ReviewCase.get()
    assert (case.signal, case.evidence["n"]) == ("flood", rules.FLOOD_CLICKS)
    assert await CasePart.filter(case_id=case.id).count() == 1


async def flooded(s: Stage, outcome: str | None = None) -> Commission:
    """What a day with a flood of clicks earned, made the day after; the case answered or not."""
    klik = {"kind": "per_click", "amount": 100, "max_per_day": 100_000}
    await set_terms(s.campaign, {"rules": [{"name": "Klik", "when": {}, "pay": klik}]})
    # Shortly before midnight in Jakarta; in London it is another day.
    night = day_start(day_of(world.now(), "Asia/Jakarta"), "Asia/Jakarta") - timedelta(minutes=2)
    for _ in range(rules.FLOOD_CLICKS):
        await s.click(at=night, visitor=None)
    assert await signals.look_at_clicks() == 1
    if outcome is not None:
        case = await ReviewCase.get()
        await cases.close(s.cast.laras.id, case.id, outcome, "fraud", "usr_1")
    assert await click_fee.accrue_day("Asia/Jakarta", day_of(night, "Asia/Jakarta")) == 1
    await signals.look()
    assert await signals.look() == 0
    assert await commands.differences(settings()) == []
    return await Commission.get()


async def test_what_a_flood_earned_the_day_after_is_part_of_its_case(s: Stage) -> None:
    assert (await flooded(s)).state == "pending"
    case = await ReviewCase.get(closed_at=None)
    await cases.close(s.cast.laras.id, case.id, "rejected", "fraud", "usr_1")
    assert (await Commission.get()).state == "rejected"
    assert await commands.differences(settings()) == []


async def test_where_the_merchant_says_so_what_a_flood_earned_is_held(s: Stage) -> None:
    await cases.set_rules(s.cast.laras.id, {"flood": "hold"}, "usr_1")
    row = await flooded(s)
    assert (row.state, row.reason_code) == ("held", "odd_clicks")


@pytest.mark.parametrize(("outcome", "state"), [("released", "pending"), ("rejected", "held")])
async def test_a_flood_that_was_answered_before_its_day_earned(
    s: Stage, outcome: str, state: str
) -> None:
    await cases.set_rules(s.cast.laras.id, {"flood": "hold"}, "usr_1")
    assert (await flooded(s, outcome)).state == state


async def test_a_fast_click_is_odd_for_its_own_partner_only(s: Stage) -> None:
    """Rina's code has the credit, Dimas's click came four seconds before."""
    await make.coupon(s.rina, "RINA10")
    _, theirs = await s.join(s.cast.dimas)
    click = await s.click(theirs, at=world.now() - timedelta(seconds=4))
    await s.sell(click_id=click, coupon="RINA10")
    assert await found() == []


async def test_who_recruited_is_no_part_of_what_is_odd(s: Stage) -> None:
    share = {"recruiter": {"rate_bp": 1_000, "active_days": 30}}
    await set_terms(s.campaign, percent() | share)
    await s.sell("INV-0", click_id=await s.click())
    wish = {"campaign_id": s.campaign.id, "role": "reseller", "ref": "rina"}
    coupon = (await s.send("POST", "/v1/enrolments", wish, s.cast.dimas)).json()["coupon"]
    for number in range(rules.COUPON_BUYERS):
        buyer = {"phone": f"0812-3456-78{number:02}", "email": None}
        sale = await s.sell(f"INV-{number + 1}", coupon=coupon, buyer=buyer)
    assert {c["kind"] for c in sale["commissions"]} == {"percent", "recruiter"}
    assert await found() == [("coupon", 2)]
    assert (await ReviewCase.get()).partner_id == s.cast.dimas.id


async def test_odd_settings_are_refused(s: Stage) -> None:
    for wrong in ({"fast": "shoot"}, {"moon": "hold"}):
        with pytest.raises(Invalid):
            await cases.set_rules(s.cast.laras.id, wrong, "usr_1")
