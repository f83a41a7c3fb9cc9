"""The stories: together they do everything that moves money or makes somebody count on something.

Each step is one request (or one round of the worker) with a clock of its own; where a step was
interrupted the client takes it again, with the same keys, two minutes later.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import httpx2

from jejaring import world
from referrals.commissions.release import release_due
from referrals.review.models import SignalRule
from tests import make
from tests.cast import Cast
from tests.money import with_method
from tests.proof.crash_client import BEGAN, Act, Client, Story, order, work
from tests.referrals import shop as stage
from tests.referrals.shop import percent, set_terms

ACCOUNT = {
    "kind": "bank",
    "provider": "bca",
    "account_number": "1234564821",
    "account_name": "Rina Wulandari",
}


def _campaign(name: str, terms: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {
        "name": name,
        "product_ids": [],
        "joining": "open",
        "audience": ["reseller", "influencer"],
        "terms": terms,
    }
    return given | more


def _join(who: str, ref: str | None = None) -> Act:
    async def act(c: Client) -> object:
        wish = {"campaign_id": c.told["drafted"]["id"], "role": "reseller", "ref": ref}
        return await c.ask(who, "POST", "/v1/enrolments", wish)

    return act


def _sell(story: Story, name: str, order_id: str, **more: Any) -> None:
    """A sale whose `click` names the step that got its click id."""
    at, click = story.next, more.pop("click")

    async def act(c: Client) -> object:
        click_id = c.told[click]["id"]
        return await c.shop("POST", "/v1/sales", order(order_id, at, click_id=click_id, **more))

    story.then(name, act)


def _post(story: Story, name: str, path: str, json: object = None, *, keyed: bool = True) -> None:
    """A POST of the shop; `{step}` in the path is the id that the step was told. What has a
    business key of its own needs no other.
    """
    key = f"key-{name}".replace(" ", "-") if keyed else None

    async def act(c: Client) -> object:
        ids = {step.replace(" ", "_"): _id(told) for step, told in c.told.items()}
        return await c.shop("POST", path.format(**ids), json, key)

    story.then(name, act)


def _id(told: Any) -> str:
    return str(told["id"]) if isinstance(told, dict) and "id" in told else ""


def road() -> Story:
    """From nothing to commissions that are payable: product, campaign, joining, clicks, sales."""
    s = Story()
    shirt = {"sku": "KEMEJA", "name": "Kemeja Jlamprang", "price": 100_000}
    _post(s, "product", "/v1/products", shirt)
    terms = percent() | {"hold_days": 7, "recruiter": {"rate_bp": 1000, "active_days": 30}}
    draft = _campaign("Akhir Tahun", terms, budget=10_000_000)
    _post(s, "drafted", "/v1/campaigns", draft)
    _post(s, "launched", "/v1/campaigns/{drafted}/launch")
    s.then("method", lambda c: c.ask("rina", "PUT", "/v1/payout-method", ACCOUNT))
    s.then("rina", _join("rina"))
    s.then("dimas", _join("dimas", "rina"))
    s.then("link", _second_link)
    s.then("click", lambda c: c.click(c.told["rina"]["link"]["code"]))
    s.then("scan", lambda c: c.click(c.told["dimas"]["link"]["code"], "10.0.0.2"))
    _sell(s, "first", "INV-1", click="click")
    s.then("raised", _raise)
    s.then("batch", _batch)
    s.work()
    _orders(s)
    s.work(days=1)
    _post(s, "delivered 1", "/v1/sales/{first}/state", {"state": "delivered"}, keyed=False)
    _post(s, "delivered 5", "/v1/sales/{fifth}/state", {"state": "completed"}, keyed=False)
    s.work(days=8)
    return s


async def _second_link(c: Client) -> object:
    wish = {"enrolment_id": c.told["rina"]["id"], "label": "bio"}
    return await c.ask("rina", "POST", "/v1/links", wish)


async def _raise(c: Client) -> object:
    at = BEGAN + timedelta(minutes=300)
    more = [{"sku": "KEMEJA", "quantity": 3, "unit_price": 100_000}]
    return await c.shop("PUT", "/v1/sales/website/INV-1", order("INV-1", at, items=more))


async def _batch(c: Client) -> object:
    at = BEGAN + timedelta(minutes=330)
    sales = [
        order("INV-2", at, click_id=c.told["click"]["id"]),
        order("INV-3", at, coupon=c.told["dimas"]["coupon"]),
        order("INV-4", at),
    ]
    found = await c.shop("POST", "/v1/sales/batch", {"sales": sales})
    return {each["sale"]["order_id"]: each["sale"]["id"] for each in found["results"]}


def _orders(s: Story) -> None:
    """Refunds before and after their order, disputes, a cancelled order, credit by hand."""
    early = {"source": "website", "order_id": "INV-5", "refund_id": "R-5", "reason": "batal"}
    _post(s, "early", "/v1/refunds", early | {"amount": 50_000}, keyed=False)
    _sell(s, "fifth", "INV-5", click="scan")
    part = {"refund_id": "R-2", "reason": "rusak", "items": [{"line": 1, "quantity": 1}]}
    lost = {"dispute_id": "D-3", "outcome": "lost", "amount": 80_000}
    s.then("refunded", lambda c: c.shop("POST", _of(c, 2, "refunds"), part))
    s.then("lost", lambda c: c.shop("POST", _of(c, 3, "disputes"), lost))
    s.then("won", lambda c: c.shop("POST", _of(c, 3, "disputes"), lost | {"outcome": "won"}))
    s.then("credited", _credit)
    s.then("cancelled", lambda c: c.shop("POST", _of(c, 2, "state"), {"state": "cancelled"}))


def _of(c: Client, number: int, what: str) -> str:
    return f"/v1/sales/{c.told['batch'][f'INV-{number}']}/{what}"


async def _credit(c: Client) -> object:
    wanted = {"enrolment_id": c.told["dimas"]["id"], "reason": "Dimas yang menawarkan"}
    return await c.shop("POST", _of(c, 4, "credit"), wanted, "credit-4")


async def _set_money(cast: Cast, s: stage.Stage) -> None:
    """Before the story of money: seven orders that are payable already."""
    await set_terms(s.campaign, percent() | {"hold_days": 0})
    await with_method(cast.rina)
    for number in range(7):
        await s.sell(f"INV-{number}", click_id=await s.click(), state="completed")
    await release_due()


def money() -> Story:
    """Decisions, appeals, runs that are paid, fail and come back, what is owed back."""
    s = Story()
    s.then("commissions", _commissions)
    _decide(s, "hold", 0, "hold", {"reason_code": "under_review"})
    _appeal(s, "appealed", 0)
    _post(s, "heard", "/v1/appeals/{appealed}/answer", {"outcome": "won"})
    _decide(s, "reject", 1, "reject", {"reason_code": "fake_order"})
    _appeal(s, "again", 1)
    sorry = {"outcome": "lost", "reason": "Pesanan ini tidak pernah dibayar."}
    _post(s, "unheard", "/v1/appeals/{again}/answer", sorry)
    _decide(s, "reject 2", 2, "reject", {"reason_code": "double_order"})
    _appeal(s, "third", 2)
    _post(s, "reinstated", "/v1/appeals/{third}/answer", {"outcome": "won"})
    _decide(s, "hold 3", 3, "hold", {"reason_code": "complaint"})
    _decide(s, "unhold 3", 3, "unhold", None)
    s.work()
    _run(s, "paid")
    s.work()
    _back(s)
    _run(s, "failed")
    _run(s, "returned", "paid", "returned")
    _post(s, "run off", "/v1/payout-runs", {})
    _post(s, "approved off", "/v1/payout-runs/{run_off}/approve", keyed=False)
    _post(s, "off", "/v1/payout-runs/{run_off}/cancel")
    s.work(days=1)
    return s


async def _commissions(c: Client) -> object:
    found = await c.shop("GET", "/v1/commissions")
    return sorted((row["order_id"], row["id"]) for row in found["data"])


def _decide(story: Story, name: str, number: int, verb: str, json: object) -> None:
    async def act(c: Client) -> object:
        path = f"/v1/commissions/{c.told['commissions'][number][1]}/{verb}"
        return await c.shop("POST", path, json, f"{verb}-{number}")

    story.then(name, act)


def _appeal(story: Story, name: str, number: int) -> None:
    async def act(c: Client) -> object:
        path = f"/v1/commissions/{c.told['commissions'][number][1]}/appeal"
        words = {"text": "Pembelinya tetangga saya."}
        return await c.ask("rina", "POST", path, words, f"appeal-{number}")

    story.then(name, act)


def _run(s: Story, name: str, *outcomes: str) -> None:
    """Previewed, approved, its file fetched, its only payout settled."""
    run = f"run_{name}"
    _post(s, f"run {name}", "/v1/payout-runs", {})
    _post(s, f"approved {name}", f"/v1/payout-runs/{{{run}}}/approve", keyed=False)

    async def file(c: Client) -> object:
        path = f"/v1/payout-runs/{c.told[f'run {name}']['id']}"
        await c.shop("GET", f"{path}/file?format=csv")
        return (await c.shop("GET", path))["payouts"][0]

    s.then(f"file {name}", file)
    for outcome in outcomes or (name,):
        said = {"outcome": outcome, "reference": f"TRF {name}"}
        _post(s, f"{outcome} of {name}", f"/v1/payouts/{{file_{name}}}/settle", said, keyed=False)


def _back(s: Story) -> None:
    """Refunds after the payout: owed back; in part written off, in part repaid, the rest netted."""

    async def refund(c: Client) -> object:
        found = await c.shop("GET", "/v1/sales?limit=100")
        sale = next(row["id"] for row in found["data"] if row["order_id"] == "INV-4")
        sent = {"refund_id": "R-4", "reason": "rusak", "amount": 150_000}
        return await c.shop("POST", f"/v1/sales/{sale}/refunds", sent)

    s.then("refunded", refund)
    off = {"partner": "rina", "amount": 2_000, "reason": "salah toko", "reference": "W-1"}
    _post(s, "written off", "/v1/owed-back/write-off", off, keyed=False)
    _post(
        s, "repaid", "/v1/owed-back/repay", off | {"amount": 3_000, "reference": "P-1"}, keyed=False
    )

    gift = {"partner": "rina", "amount": 4_000, "reason": "Terima kasih", "reference": "G-1"}
    _post(s, "goodwill", "/v1/goodwill", gift, keyed=False)
    _post(s, "twice", "/v1/goodwill", gift | {"reference": "G-2"}, keyed=False)
    _post(s, "undone", "/v1/goodwill/{twice}/withdraw", {"reason": "dobel"}, keyed=False)

    async def click(c: Client) -> object:
        found = await c.ask("rina", "GET", "/v1/links")
        return await c.click(found["data"][0]["code"])

    s.then("click", click)
    for number in (8, 9):
        _sell(s, f"sale {number}", f"INV-{number}", click="click", state="completed")
    s.work()


MONTHLY = {
    "rules": [
        {
            "name": "Bertingkat",
            "when": {},
            "pay": {
                "kind": "tiers",
                "mode": "whole",
                "steps": [{"from": 0, "rate_bp": 500}, {"from": 500_000, "rate_bp": 1_000}],
            },
        },
        {
            "name": "Klik",
            "when": {},
            "pay": {"kind": "per_click", "amount": 200, "max_per_day": 500},
        },
        {
            "name": "Post",
            "when": {"role": "reseller"},
            "pay": {"kind": "per_post", "amount": 15_000},
        },
        {"name": "Bonus", "when": {}, "pay": {"kind": "bonus", "amount": 50_000, "at_sales": 2}},
    ],
    "hold_days": 7,
    "max_per_partner_month": 120_000,
    "recruiter": {"rate_bp": 1000, "active_days": 60},
}


def month() -> Story:
    """A month with clicks that pay, tiers, a bonus, a signal that holds; the end by date."""
    s = Story()
    over = (BEGAN + timedelta(days=20)).isoformat()
    draft = _campaign("Bulanan", MONTHLY, budget=300_000, ends_at=over)
    _post(s, "drafted", "/v1/campaigns", draft)
    _post(s, "launched", "/v1/campaigns/{drafted}/launch")
    s.then("rina", _join("rina"))
    s.then("dimas", _join("dimas", "rina"))
    _posts(s)
    s.work()
    s.then("click 1", lambda c: c.click(c.told["rina"]["link"]["code"], "10.0.0.1"))
    s.then("click 2", lambda c: c.click(c.told["dimas"]["link"]["code"], "10.0.0.2"))
    for number in range(4):
        _sell(s, f"sale {number}", f"INV-{number}", click=f"click {1 + number % 2}")
    s.then("click 3", lambda c: c.click(c.told["rina"]["link"]["code"], "10.0.0.3"))
    _fast(s)
    s.work()
    s.work(days=1)
    s.work(days=0.5)
    for number in range(4):
        _post(
            s,
            f"moved {number}",
            f"/v1/sales/{{sale_{number}}}/state",
            {"state": "delivered"},
            keyed=False,
        )
    _post(s, "paused", "/v1/campaigns/{drafted}/pause")
    _post(s, "resumed", "/v1/campaigns/{drafted}/launch")
    s.work(days=9)
    s.work(days=11)
    fraud = {"reason_code": "fraud"}
    _post(s, "ended", "/v1/enrolments/{dimas}/end", fraud)
    s.work(days=30)
    s.work()
    return s


def _posts(s: Story) -> None:
    """Two posts sent in as proof: one is accepted, one refused."""
    for n in (1, 2):
        s.then(f"post {n}", partial(_send_in, n))
    _post(s, "accepted", "/v1/submissions/{post_1}/accept", keyed=False)
    _post(s, "refused", "/v1/submissions/{post_2}/refuse", {"reason_code": "post_not_ours"})


async def _send_in(number: int, c: Client) -> object:
    url = f"https://www.instagram.com/p/C1a2b3c4d{number}/"
    sent = {"enrolment_id": c.told["rina"]["id"], "url": url}
    return await c.ask("rina", "POST", "/v1/submissions", sent)


def _fast(s: Story) -> None:
    """An order five seconds after its click."""

    async def act(c: Client) -> object:
        click = c.told["click 3"]
        at = datetime.fromisoformat(click["at"]) + timedelta(seconds=5)
        return await c.shop("POST", "/v1/sales", order("INV-9", at, click_id=click["id"]))

    s.then("fast", act)


STORIES = {"road": road, "money": money, "month": month}


async def set_the_scene(name: str, cast: Cast, http: httpx2.AsyncClient) -> None:
    """What is there before the story begins: the worker has been at work already."""
    with world.at(BEGAN - timedelta(days=1)):
        if name == "money":
            await _set_money(cast, await stage.set_up(http, cast))
        if name == "month":
            await make.product(cast.laras.org, sku="KEMEJA", category="batik")
            await SignalRule.create(merchant_id=cast.laras.id, signal="fast", does="hold")
    with world.at(BEGAN - timedelta(hours=1)):
        await work(Client(http, {}))
