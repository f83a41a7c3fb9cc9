"""The pipeline's stories, each through both writers: alone, and in the grouped one."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from jejaring import world
from jejaring.hooks.models import Event
from jejaring.kit.errors import Conflict, Invalid
from jejaring.settings import settings
from referrals.attribution.models import Credit, Touch
from referrals.commissions import audit
from referrals.commissions.models import Commission
from referrals.intake import grouped
from referrals.intake import record as alone
from referrals.intake.record import Entry, Outcome
from referrals.orders.models import Sale, SaleLine
from referrals.orders.rules import LineDraft, SaleDraft, Shop
from tests import make
from tests.cast import Cast
from tests.referrals import shop as stage
from tests.referrals.shop import Stage, percent, set_terms

Writer = Callable[[Shop, SaleDraft], Awaitable[Outcome]]
WRITERS = {"alone": alone.record, "grouped": grouped.record}


@pytest.fixture(params=list(WRITERS))
def writer(request: pytest.FixtureRequest) -> Writer:
    return WRITERS[request.param]


@pytest_asyncio.fixture(loop_scope="session")
async def s(http: httpx2.AsyncClient, cast: Cast) -> Stage:
    return await stage.set_up(http, cast)


def draft(order_id: str = "INV-1", **more: Any) -> SaleDraft:
    given: dict[str, Any] = {
        "order_id": order_id,
        "source": "website",
        "placed_at": world.now(),
        "state": "paid",
        "lines": (LineDraft("KEMEJA", 2, 100_000),),
    }
    return SaleDraft(**(given | more))


def shop(s: Stage) -> Shop:
    return Shop(s.cast.laras.id)


async def test_a_clicked_sale_is_credited_and_accrued(s: Stage, writer: Writer) -> None:
    click = await s.click()
    outcome = await writer(shop(s), draft(click_id=click, discount=20_000, shipping=9_000))
    assert outcome.status == "created"
    sale = await Sale.get(id=outcome.sale_id)
    assert (sale.items_total, sale.base, sale.version) == (200_000, 180_000, 1)
    credit = await Credit.get(sale_id=sale.id)
    assert (credit.enrolment_id, credit.share_bp, credit.by) == (s.rina.id, 10_000, "click")
    commission = await Commission.get(sale_id=sale.id)
    assert (commission.amount, commission.state) == (18_000, "pending")
    balance = await s.balance()
    assert balance is not None
    assert balance.pending == 18_000
    assert await audit.audit() == []


async def test_the_same_order_again_changes_nothing(s: Stage, writer: Writer) -> None:
    first = draft(click_id=await s.click())
    one = await writer(shop(s), first)
    two = await writer(shop(s), first)
    assert (two.sale_id, two.status) == (one.sale_id, "unchanged")
    assert await Commission.all().count() == 1
    assert await Event.filter(name="sale.recorded").count() == 1


async def test_other_content_under_the_same_order_is_refused(s: Stage, writer: Writer) -> None:
    at = world.now()
    await writer(shop(s), draft(placed_at=at))
    with pytest.raises(Conflict) as refused:
        await writer(shop(s), draft(placed_at=at, note="beda"))
    assert refused.value.code == "order_exists"


async def test_a_bad_sale_names_every_fault_and_leaves_no_trace(s: Stage, writer: Writer) -> None:
    bad = draft(
        lines=(LineDraft("KEMEJA", 1, 1_000, 2_000),),
        placed_at=world.now() + timedelta(minutes=6),
    )
    with pytest.raises(Invalid) as refused:
        await writer(shop(s), bad)
    assert [f.pointer for f in refused.value.fields] == ["/items/0/discount", "/placed_at"]
    assert await Sale.all().count() == 0


async def test_an_unknown_and_a_foreign_click_are_ignored_with_a_note(
    s: Stage, writer: Writer
) -> None:
    foreign = await stage.set_up_rival(s)
    for i, click in enumerate(("nobody-knows-me", foreign)):
        outcome = await writer(shop(s), draft(f"INV-{i}", click_id=click))
        sale = await Sale.get(id=outcome.sale_id)
        assert sale.click_id == click
        assert [n["code"] for n in sale.notes] == ["click_unknown"]
    assert await Credit.all().count() == 0


async def test_an_unknown_sku_is_recorded_without_a_product(s: Stage, writer: Writer) -> None:
    lines = (LineDraft("KEMEJA", 1, 10_000), LineDraft("ANTAH", 1, 30_000))
    outcome = await writer(shop(s), draft(lines=lines, click_id=await s.click()))
    sale = await Sale.get(id=outcome.sale_id)
    assert sale.notes[0]["code"] == "unknown_sku"
    strange = await SaleLine.get(sale_id=sale.id, sku="ANTAH")
    assert strange.product_id is None
    # The campaign covers the whole shop, so the line still earns.
    assert await Commission.all().count() == 2


async def test_a_late_order_says_so(s: Stage, writer: Writer) -> None:
    outcome = await writer(shop(s), draft(placed_at=world.now() - timedelta(hours=100)))
    sale = await Sale.get(id=outcome.sale_id)
    assert sale.notes == [{"code": "late", "n": 100}]


async def test_the_coupon_beats_the_click(s: Stage, writer: Writer) -> None:
    dimas, _ = await s.join(s.cast.dimas)
    await make.coupon(dimas, "DIMAS10")
    outcome = await writer(shop(s), draft(click_id=await s.click(), coupon=" dimas 10"))
    credit = await Credit.get(sale_id=outcome.sale_id)
    assert (credit.enrolment_id, credit.by) == (dimas.id, "coupon")
    lost = await Touch.get(sale_id=outcome.sale_id, won=False)
    assert lost.reason == "lost_to_coupon"


async def test_another_click_under_the_same_cookie_counts(s: Stage, writer: Writer) -> None:
    _, link = await s.join(s.cast.dimas)
    named = await s.click(at=world.now() - timedelta(hours=5), visitor="kuki")
    later = await s.click(link, visitor="kuki")
    await s.click(link, visitor="kuki", kind="bot", at=world.now() - timedelta(minutes=1))
    outcome = await writer(shop(s), draft(click_id=named))
    credit = await Credit.get(sale_id=outcome.sale_id)
    assert credit.touch_id == later
    assert await Touch.filter(sale_id=outcome.sale_id).count() == 2


@pytest.mark.parametrize("how", ["phone", "email", "browser"])
async def test_a_self_referral_is_rejected_from_the_start(
    s: Stage, writer: Writer, how: str
) -> None:
    user = s.cast.rina.user
    user.phone = "+6281234567890"
    await user.save(update_fields=["phone"])
    more: dict[str, Any] = {"click_id": await s.click(own=how == "browser")}
    if how == "phone":
        more["phone"] = "+6281234567890"
    if how == "email":
        more["email"] = "ri.na+toko@example.com"
    outcome = await writer(shop(s), draft(**more))
    commission = await Commission.get(sale_id=outcome.sale_id)
    assert (commission.state, commission.reason_code) == ("rejected", "self_referral")
    assert commission.amount == 20_000
    assert await s.balance() is None
    assert await audit.audit() == []


async def test_a_click_credits_only_so_many_orders(
    s: Stage, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = settings().model_copy(update={"click_order_limit": 2})
    monkeypatch.setattr("referrals.attribution.attribute.settings", lambda: limited)
    click = await s.click()
    for i in range(3):
        await writer(shop(s), draft(f"INV-{i}", click_id=click))
    assert await Credit.all().count() == 2
    assert (await Touch.get(won=False)).reason == "used_up"


async def test_new_returning_and_unknown_buyers_are_told_apart(s: Stage, writer: Writer) -> None:
    for i, (phone, email) in enumerate(
        [("+62811", None), ("+62811", "a@b.id"), (None, "a@b.id"), (None, None)]
    ):
        await writer(shop(s), draft(f"INV-{i}", phone=phone, email=email))
    sales = await Sale.all().order_by("order_id")
    assert [sale.new_buyer for sale in sales] == [True, False, False, None]
    assert "62811" not in str(sales[0].buyer_phone)


async def test_a_month_s_limit_cuts_what_is_over_it(s: Stage, writer: Writer) -> None:
    await set_terms(s.campaign, percent() | {"max_per_partner_month": 30_000})
    for i in range(3):
        await writer(shop(s), draft(f"INV-{i}", click_id=await s.click()))
    rows = await Commission.all().order_by("created_at", "id")
    assert [row.amount for row in rows] == [20_000, 10_000, 0]
    assert rows[1].because["notes"] == ["month_cap"]
    assert await audit.audit() == []


async def test_an_over_budget_sale_gets_what_is_left(
    http: httpx2.AsyncClient, cast: Cast, writer: Writer
) -> None:
    s = await stage.set_up(http, cast, budget=25_000)
    placed = world.now() - timedelta(minutes=1)
    for i in range(3):
        click = await s.click()
        await writer(shop(s), draft(f"INV-{i}", click_id=click, placed_at=placed))
    rows = await Commission.all().order_by("created_at", "id")
    assert [row.amount for row in rows] == [20_000, 5_000, 0]
    assert [row.because["notes"] for row in rows] == [[], ["budget_spent"], ["budget_spent"]]
    await s.campaign.refresh_from_db()
    assert (s.campaign.reserved, s.campaign.state) == (25_000, "ended")


async def test_a_hold_that_is_over_already_is_released_at_once(s: Stage, writer: Writer) -> None:
    await set_terms(s.campaign, percent() | {"hold_days": 0})
    await writer(shop(s), draft(click_id=await s.click(), state="delivered"))
    commission = await Commission.all().get()
    assert commission.state == "payable"
    balance = await s.balance()
    assert balance is not None
    assert (balance.pending, balance.payable) == (0, 20_000)
    assert await audit.audit() == []


async def test_an_order_first_seen_cancelled_earns_nothing(s: Stage, writer: Writer) -> None:
    outcome = await writer(shop(s), draft(click_id=await s.click(), state="cancelled"))
    assert await Credit.filter(sale_id=outcome.sale_id).count() == 1
    assert await Commission.all().count() == 0


async def test_the_event_tells_the_figures_what_to_add(s: Stage, writer: Writer) -> None:
    lines = (LineDraft("ANTAH", 1, 30_000), LineDraft("KEMEJA", 1, 10_000))
    await writer(shop(s), draft(click_id=await s.click(), lines=lines))
    event = await Event.get(name="sale.recorded")
    figures: Any = event.data["figures"]
    assert [f["sales"] for f in figures] == [1, 0]
    assert [f["sales_amount"] for f in figures] == [30_000, 10_000]
    assert [f["commission"] for f in figures] == [3_000, 1_000]
    assert figures[1]["product_id"] == s.product.id
    assert figures[1]["link_id"] == s.link.id
    assert {f["partner_id"] for f in figures} == {s.cast.rina.id}
    assert {f["channel"] for f in figures} == {"link"}


async def test_sales_that_come_at_once_share_a_commit_and_each_gets_its_answer(s: Stage) -> None:
    clicks = [await s.click() for _ in range(8)]
    sends: list[SaleDraft] = [draft(f"INV-{i}", click_id=c) for i, c in enumerate(clicks)]
    sends += [sends[0], draft("INV-1", note="beda"), draft("INV-9", discount=10**9)]
    answers = await asyncio.gather(
        *[grouped.record(shop(s), d) for d in sends], return_exceptions=True
    )
    assert [a.status for a in answers[:9] if isinstance(a, Outcome)] == ["created"] * 8 + [
        "unchanged"
    ]
    assert isinstance(answers[9], Conflict)
    assert isinstance(answers[10], Invalid)
    assert await Sale.all().count() == 8
    balance = await s.balance()
    assert balance is not None
    assert balance.pending == 160_000
    assert await audit.audit() == []


async def test_one_order_sent_at_once_in_many_transactions_is_recorded_once(s: Stage) -> None:
    sent = draft(click_id=await s.click())
    answers = await asyncio.gather(*[alone.record(shop(s), sent) for _ in range(5)])
    assert sorted(a.status for a in answers) == ["created"] + ["unchanged"] * 4
    assert len({a.sale_id for a in answers}) == 1
    assert await Commission.all().count() == 1


async def test_the_budget_holds_against_sales_in_many_transactions(
    http: httpx2.AsyncClient, cast: Cast
) -> None:
    s = await stage.set_up(http, cast, budget=70_000)
    placed = world.now() - timedelta(minutes=1)
    sends = [draft(f"INV-{i}", click_id=await s.click(), placed_at=placed) for i in range(6)]
    await asyncio.gather(*[alone.record(shop(s), d) for d in sends])
    amounts = sorted(row.amount for row in await Commission.all())
    assert amounts == [0, 0, 10_000, 20_000, 20_000, 20_000]
    await s.campaign.refresh_from_db()
    assert s.campaign.reserved == 70_000
    assert await audit.audit() == []


async def test_a_failing_sale_does_not_harm_its_group(
    s: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = alone.record_many

    async def breaks(entries: Any) -> Any:
        results = await real(entries)
        if any(e.draft.order_id == "RUSAK" for e in entries):
            raise RuntimeError("broken")
        return results

    monkeypatch.setattr("referrals.intake.grouped.record_many", breaks)
    names = ["INV-1", "RUSAK", "INV-2"]
    answers = await asyncio.gather(
        *[grouped.record(shop(s), draft(name)) for name in names], return_exceptions=True
    )
    assert isinstance(answers[1], RuntimeError)
    assert [a.status for a in answers if isinstance(a, Outcome)] == ["created", "created"]
    assert {sale.order_id for sale in await Sale.all()} == {"INV-1", "INV-2"}


async def test_buyers_of_one_group_see_each_other(s: Stage) -> None:
    results = await grouped.record_each(
        [
            Entry(shop(s), draft("INV-1", phone="+62811"), world.now()),
            Entry(shop(s), draft("INV-2", phone="+62811"), world.now()),
        ]
    )
    assert len(results) == 2
    assert [x.new_buyer for x in await Sale.all().order_by("order_id")] == [True, False]


async def test_an_unknown_and_a_switched_off_coupon_are_said(s: Stage, writer: Writer) -> None:
    await make.coupon(s.rina, "LAMA", disabled_at=world.now() - timedelta(days=1))
    for i, (code, note) in enumerate((("HILANG", "coupon_unknown"), ("lama", "coupon_disabled"))):
        outcome = await writer(shop(s), draft(f"INV-{i}", coupon=code))
        sale = await Sale.get(id=outcome.sale_id)
        assert sale.notes == [{"code": note, "coupon": code}]
    await make.coupon(s.rina, "BARU", disabled_at=world.now() + timedelta(days=1))
    outcome = await writer(shop(s), draft("INV-9", coupon="BARU"))
    assert (await Credit.get(sale_id=outcome.sale_id)).by == "coupon"


async def test_lines_that_the_campaign_does_not_cover_are_said(s: Stage, writer: Writer) -> None:
    other = await make.product(s.cast.laras.org, sku="MUG")
    only = await make.campaign(s.cast.laras.org, other, launched_at=world.now() - stage.BEGAN)
    _, link = await s.join(s.cast.dimas, only)
    outcome = await writer(shop(s), draft(click_id=await s.click(link)))
    sale = await Sale.get(id=outcome.sale_id)
    assert sale.notes == [{"code": "not_covered", "lines": [1]}]
    assert (await Touch.get(sale_id=sale.id)).reason == "not_covered"
